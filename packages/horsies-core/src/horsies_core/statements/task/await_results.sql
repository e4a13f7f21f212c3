-- Ask to be told when these tasks end. Changes no status; a task that has ended is not there any more.
with wanted as (
    select id
      from {schema}.tasks
     where id = any (%(ids)b)
       and not coalesce(%(channel)s = any (reply_to), false)
     order by id
       for update
)
update {schema}.tasks as task
   set reply_to = array_append(reply_to, %(channel)s)
  from wanted
 where task.id = wanted.id;
