-- End tasks for good: move them to history with their results, and tell the processes that await them.
-- move: complete (RUNNING -> COMPLETED)
-- move: fail (RUNNING -> FAILED)
-- move: cancel_running (RUNNING -> CANCELLED)
-- move: cancel_pending (PENDING -> CANCELLED)
-- move: expire (PENDING -> EXPIRED)
-- guard: still running under our claim, or, ended without a claim token, still pending; what is not returned was lost
-- to someone else.
--
-- `id = any(...)` says nothing new; by it the rows are found by primary key, whatever the planner makes of the join.
-- A channel is told many tasks in one notification: 200 ids stay below the 8,000 bytes a payload may have.
with ended as (
    select *
      from unnest(%(ids)b::uuid[], %(claim_tokens)b::uuid[], %(statuses)b::text[], %(error_codes)b::text[],
                  %(results)b::text[])
           as ended (id, claim_token, status, error_code, result)
), gone as (
    delete from {schema}.tasks as task
     using ended
     where task.id          = any (%(ids)b::uuid[])
       and task.id          = ended.id
       and task.claim_token is not distinct from ended.claim_token
       and task.status      = case when ended.claim_token is null then 'PENDING' else 'RUNNING' end
 returning task.*, ended.status as final_status, ended.error_code, ended.result
), kept as (
    insert into {schema}.finished
           (id, name, queue, priority, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
            started_at, good_until, timeout_ms, finished_at, status, error_code, result)
    select id, name, queue, priority, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
           started_at, good_until, timeout_ms, clock_timestamp(),
           case when cancel_requested is null then final_status else 'CANCELLED' end,
           case when cancel_requested is null then error_code else 'TASK_CANCELLED' end,
           case when cancel_requested is null then result else %(cancelled)s end
      from gone
), awaited as (
    select channel, id, (row_number() over (partition by channel) - 1) / 200 as parcel
      from gone
     cross join lateral unnest(reply_to) as channel
     where reply_to is not null
), told as (
    select pg_notify(channel, string_agg(id::text, ','))
      from awaited
     group by channel, parcel
)
select id, (select count(*) from told) as notifications
  from gone;
