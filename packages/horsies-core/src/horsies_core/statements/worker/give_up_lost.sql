-- Give up the workers whose lease ran out: from here on they renew and claim nothing. Those given up earlier are
-- returned as well, as long as they hold tasks: a rescue that was cut short is taken up again.
with lapsed as (
    select incarnation
      from {schema}.workers
     where lease_until < clock_timestamp()
       and lost_at is null
     order by incarnation
       for update skip locked
), given_up as (
    update {schema}.workers as worker
       set lost_at = clock_timestamp()
      from lapsed
     where worker.incarnation = lapsed.incarnation
 returning worker.incarnation, worker.host, worker.pid
)
select incarnation, host, pid, true as just_now
  from given_up
 union all
select incarnation, host, pid, false
  from {schema}.workers as worker
 where lost_at is not null
   and exists (select from {schema}.tasks as task where task.incarnation = worker.incarnation);
