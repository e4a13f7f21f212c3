-- Enqueue many tasks in the order given, and wake the workers once.
-- move: enqueue (new -> PENDING)
-- guard: an id is enqueued once.
with enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, reply_to)
    select id, name, queue, priority, statement_timestamp(), statement_timestamp() + make_interval(secs => delay),
           args, retry_policy, %(reply_to)s
      from unnest(%(ids)s::uuid[], %(names)s::text[], %(queues)s::text[], %(priorities)s::smallint[],
                  %(delays)s::float8[], %(args)s::text[], %(retry_policies)s::text[])
           with ordinality as new (id, name, queue, priority, delay, args, retry_policy, position)
     order by position
        on conflict (id) do nothing
 returning due_at > enqueued_at as later
)
select pg_notify(%(channel)s, case when bool_or(later) then 'later' else '' end)
  from enqueued
 where exists (select from {schema}.workers where lease_until > statement_timestamp())
having count(*) > 0;
