-- Take up to `limit` due tasks and mark them RUNNING before any child sees them. When there is none, answer with the
-- seconds until the next delayed one becomes due (null: none waits).
-- move: claim_and_start (PENDING -> RUNNING)
-- guard: rows locked by another claim are passed over; a worker that was given up for lost claims nothing.
--
-- `id = any(array(...))` keeps the shape of the plan when the table swings from empty to a million rows: the limited
-- subquery runs once, then rows are found by primary key. Their status is not asked for a second time: the subquery has
-- locked them, and by the partial index on it the planner would read all that waits. LATERAL takes the queues one by
-- one, in the order given, so that each reads its own stretch of the index.
with claimed as (
    update {schema}.tasks
       set status      = 'RUNNING',
           attempt     = attempt + 1,
           claim_token = %(claim_token)b,
           incarnation = %(incarnation)b,
           started_at  = statement_timestamp()
     where id = any (array(
           select due.id
             from unnest(%(queues)b::text[]) with ordinality as wanted (queue, rank)
            cross join lateral (
                  select id
                    from {schema}.tasks
                   where status = 'PENDING'
                     and queue  = wanted.queue
                     and due_at <= statement_timestamp()
                     and (good_until is null or good_until > statement_timestamp())
                     and name   = any (%(names)b)
                   order by priority, due_at, seq
                     for update skip locked
                   limit %(limit)s
                  ) as due
            where exists (select from {schema}.workers where incarnation = %(incarnation)b and lost_at is null)
            limit %(limit)s
           ))
 returning id, name, args, attempt, retry_policy, timeout_ms, queue, priority, due_at, seq
)
select id, name, args, attempt, retry_policy, timeout_ms, queue, priority, due_at, seq,
       null::float8 as next_due
  from claimed
 union all
select null, null, null, null, null, null, null, null, null, null,
       (select extract(epoch from min(due_at) - clock_timestamp())::float8
          from {schema}.tasks
         where status = 'PENDING'
           and due_at > enqueued_at
           and due_at > statement_timestamp())
 where not exists (select from claimed);
