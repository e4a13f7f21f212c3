-- What may be said of a task when it is sent: until when it is worth starting, how long it may run, under which key it
-- is sent once; and that it is to be cancelled.

alter table {schema}.tasks
    add column good_until       timestamptz,
    add column timeout_ms       integer,
    -- Set while it runs; it ends CANCELLED then, whatever its code makes of the request.
    add column cancel_requested text check (cancel_requested in ('ask', 'force'));

alter table {schema}.finished
    add column good_until timestamptz,
    add column timeout_ms integer;

create index tasks_expiring on {schema}.tasks (good_until) where status = 'PENDING' and good_until is not null;

-- Which task was sent under a key. Kept as long as the task is.
create table {schema}.idempotency_keys (
    task_name text not null,
    key       text not null,
    task_id   uuid not null,
    primary key (task_name, key)
);

create or replace view {schema}.all_tasks as
select id, name, queue, priority, status, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
       started_at, null::timestamptz as finished_at, null::text as error_code, null::text as result,
       good_until, timeout_ms
  from {schema}.tasks
 union all
select id, name, queue, priority, status, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
       started_at, finished_at, error_code, result,
       good_until, timeout_ms
  from {schema}.finished;
