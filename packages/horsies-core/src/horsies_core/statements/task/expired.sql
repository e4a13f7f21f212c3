-- Tasks that were not started in time, locked for whoever ends them.
select id
  from {schema}.tasks
 where status = 'PENDING'
   and good_until <= statement_timestamp()
 order by id
 limit %(limit)s
   for update skip locked;
