-- Seconds until the next task expires that has not been started; null if there is none.
select extract(epoch from min(good_until) - clock_timestamp())::float8
  from {schema}.tasks
 where status = 'PENDING'
   and good_until is not null;
