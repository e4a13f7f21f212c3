-- The attempts of a task that were followed by another, oldest first.
select attempt, incarnation, started_at, ended_at, error_code, message
  from {schema}.attempts
 where task_id = %(id)b
 order by attempt;
