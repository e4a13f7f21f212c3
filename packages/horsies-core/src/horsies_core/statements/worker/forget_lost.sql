-- Forget lost workers of which nothing is left to rescue. The day's grace lets a late claim of one that was paused
-- between its lease and its claim be found and rescued.
delete from {schema}.workers as worker
 where lost_at < clock_timestamp() - interval '1 day'
   and not exists (select from {schema}.tasks as task where task.incarnation = worker.incarnation);
