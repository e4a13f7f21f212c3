-- Put back tasks that were claimed and never begun, as if they had not been claimed, and let other workers know.
-- move: release (RUNNING -> PENDING)
-- guard: still running under our claim, and not to be cancelled.
with unbegun as (
    select *
      from unnest(%(ids)b::uuid[], %(claim_tokens)b::uuid[]) as unbegun (id, claim_token)
), held as (
    select task.id
      from {schema}.tasks as task
      join unbegun on unbegun.id = task.id and unbegun.claim_token = task.claim_token
     where task.id     = any (%(ids)b::uuid[])
       and task.status = 'RUNNING'
       and task.cancel_requested is null
     order by task.id
       for update of task
), released as (
    update {schema}.tasks as task
       set status      = 'PENDING',
           attempt     = attempt - 1,
           claim_token = null,
           incarnation = null,
           started_at  = null
      from held
     where task.id = held.id
 returning task.id
), told as (
    select pg_notify(%(channel)s, '')
     where exists (select from released)
)
select id, (select count(*) from told) as notifications
  from released;
