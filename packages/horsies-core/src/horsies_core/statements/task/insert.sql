-- Enqueue one task, and wake the workers if there are any: a NOTIFY takes a lock of the whole database at commit.
-- move: enqueue (new -> PENDING)
-- guard: among live tasks an id stands once.
with enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, good_until, timeout_ms, reply_to)
    values (%(id)b, %(name)s, %(queue)s, %(priority)s, statement_timestamp(),
            coalesce(%(run_at)s, statement_timestamp() + make_interval(secs => %(delay)s)),
            %(args)s, %(retry_policy)s, %(good_until)s, %(timeout_ms)s, %(reply_to)s)
        on conflict (id) do nothing
 returning due_at > enqueued_at as later, good_until is not null as expires
)
select pg_notify(%(channel)s, case when later then 'later' when expires then 'expires' else '' end)
  from enqueued
 where exists (select from {schema}.workers where lease_until > statement_timestamp());
