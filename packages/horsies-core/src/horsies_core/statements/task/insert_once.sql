-- Enqueue a task unless one of its name was sent under the same key; the id of the one that was, or is now.
-- move: enqueue (new -> PENDING)
-- guard: the key is taken and the task recorded in one statement. Null: someone else took it in this moment; ask again.
with taken as (
    insert into {schema}.idempotency_keys (task_name, key, task_id)
    values (%(name)s, %(key)s, %(id)b)
        on conflict (task_name, key) do nothing
 returning task_id
), enqueued as (
    insert into {schema}.tasks
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, good_until, timeout_ms, reply_to)
    select %(id)b, %(name)s, %(queue)s, %(priority)s, statement_timestamp(),
           coalesce(%(run_at)s, statement_timestamp() + make_interval(secs => %(delay)s)),
           %(args)s, %(retry_policy)s, %(good_until)s, %(timeout_ms)s, %(reply_to)s
      from taken
        on conflict (id) do nothing
 returning due_at > enqueued_at as later, good_until is not null as expires
), told as (
    select pg_notify(%(channel)s, case when later then 'later' when expires then 'expires' else '' end)
      from enqueued
     where exists (select from {schema}.workers where lease_until > statement_timestamp())
)
select coalesce(
           (select task_id from taken),
           (select task_id from {schema}.idempotency_keys where task_name = %(name)s and key = %(key)s)
       ) as task_id,
       (select count(*) from told) as notifications;
