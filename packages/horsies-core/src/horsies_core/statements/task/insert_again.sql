-- Enqueue a task under an id that may have been sent before: a send whose reply was lost is repeated.
-- move: enqueue (new -> PENDING)
-- guard: an id is enqueued once, whether its task is live or has ended.
with enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, good_until, timeout_ms, reply_to)
    select %(id)b, %(name)s, %(queue)s, %(priority)s, statement_timestamp(),
           coalesce(%(run_at)s, statement_timestamp() + make_interval(secs => %(delay)s)),
           %(args)s, %(retry_policy)s, %(good_until)s, %(timeout_ms)s, %(reply_to)s
     where not exists (select from {schema}.finished where id = %(id)b)
        on conflict (id) do nothing
 returning due_at > enqueued_at as later, good_until is not null as expires
)
select pg_notify(%(channel)s, case when later then 'later' when expires then 'expires' else '' end)
  from enqueued
 where exists (select from {schema}.workers where lease_until > statement_timestamp());
