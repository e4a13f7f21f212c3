-- The workers that are alive in the eyes of the others, the oldest first.
select incarnation, host, pid, processes
  from {schema}.workers
 where lost_at is null
   and lease_until > clock_timestamp()
 order by started_at;
