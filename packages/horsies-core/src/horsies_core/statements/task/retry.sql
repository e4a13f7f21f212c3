-- Give tasks whose attempt failed another one, due after their delay, and keep a record of the attempt that failed.
-- move: retry (RUNNING -> PENDING)
-- guard: still running under our claim, and not to be cancelled.
with failed as (
    select *
      from unnest(%(ids)b::uuid[], %(claim_tokens)b::uuid[], %(delays)b::float8[], %(error_codes)b::text[],
                  %(messages)b::text[])
           as failed (id, claim_token, delay, error_code, message)
), held as (
    -- In the order of their ids, or two of these lock each other out.
    select task.id, task.attempt, task.incarnation, task.started_at, failed.delay, failed.error_code, failed.message
      from {schema}.tasks as task
      join failed on failed.id = task.id and failed.claim_token = task.claim_token
     where task.id     = any (%(ids)b::uuid[])
       and task.status = 'RUNNING'
       and task.cancel_requested is null
     order by task.id
       for update of task
), recorded as (
    insert into {schema}.attempts (task_id, attempt, incarnation, started_at, ended_at, error_code, message)
    select id, attempt, incarnation, started_at, clock_timestamp(), error_code, message
      from held
)
update {schema}.tasks as task
   set status      = 'PENDING',
       due_at      = statement_timestamp() + make_interval(secs => held.delay),
       claim_token = null,
       incarnation = null,
       started_at  = null
  from held
 where task.id = held.id
returning task.id;
