-- Which of the tasks that this worker holds are to be cancelled, and whether by force.
select id, cancel_requested = 'force' as by_force
  from {schema}.tasks
 where incarnation = %(incarnation)b
   and cancel_requested is not null;
