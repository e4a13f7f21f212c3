-- Enqueue many tasks of one kind in the order given, and wake the workers once.
-- move: enqueue (new -> PENDING)
-- guard: among live tasks an id stands once.
with enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, good_until, timeout_ms, reply_to)
    select id, %(name)s, %(queue)s, %(priority)s, statement_timestamp(),
           coalesce(%(run_at)s, statement_timestamp() + make_interval(secs => %(delay)s)),
           args, %(retry_policy)s, %(good_until)s, %(timeout_ms)s, %(reply_to)s
      from unnest(%(ids)b::uuid[], %(args)b::text[]) with ordinality as new (id, args, position)
     order by position
        on conflict (id) do nothing
 returning due_at > enqueued_at as later, good_until is not null as expires
)
select pg_notify(
           %(channel)s,
           case when bool_or(later) then 'later' when bool_or(expires) then 'expires' else '' end
       )
  from enqueued
 where exists (select from {schema}.workers where lease_until > statement_timestamp())
having count(*) > 0;
