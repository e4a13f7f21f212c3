-- Tasks of workers that were given up for lost, locked for whoever rescues them. Their rows stay with the worker until
-- then, so a pass that was cut short is taken up by the next.
select task.id, task.claim_token, task.attempt, task.retry_policy
  from {schema}.tasks as task
  join {schema}.workers as worker on worker.incarnation = task.incarnation
 where worker.lost_at is not null
 order by task.id
 limit %(limit)s
   for update of task skip locked;
