-- Enqueue one task, and wake the workers if there are any: a NOTIFY takes a lock of the whole database at commit.
-- move: enqueue (new -> PENDING)
-- guard: an id is enqueued once; repeating a send whose reply was lost changes nothing.
with enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, reply_to)
    values (%(id)b, %(name)s, %(queue)s, %(priority)s, statement_timestamp(),
            statement_timestamp() + make_interval(secs => %(delay)s),
            %(args)s, %(retry_policy)s, %(reply_to)s)
        on conflict (id) do nothing
 returning due_at > enqueued_at as later
)
select pg_notify(%(channel)s, case when later then 'later' else '' end)
  from enqueued
 where exists (select from {schema}.workers where lease_until > statement_timestamp());
