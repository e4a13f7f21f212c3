-- Ask to be told when these tasks end. Changes no status; a task that has ended is not there any more. A claim passes
-- over a row that is locked here, and takes it that there was nothing: so workers are hinted at what is due by now or
-- becomes so any moment.
with wanted as (
    select id
      from {schema}.tasks
     where id = any (%(ids)b)
       and not coalesce(%(channel)s = any (reply_to), false)
     order by id
       for update
), asked as (
    update {schema}.tasks as task
       set reply_to = array_append(reply_to, %(channel)s)
      from wanted
     where task.id = wanted.id
 returning task.status, task.due_at
)
select pg_notify(%(work_channel)s, '')
 where exists (
           select from asked
            where status = 'PENDING'
              and due_at < clock_timestamp() + interval '1 s'
       )
   and exists (select from {schema}.workers where lease_until > statement_timestamp());
