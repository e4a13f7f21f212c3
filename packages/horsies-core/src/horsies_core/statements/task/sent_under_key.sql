-- The task that was sent under a key.
select task_id
  from {schema}.idempotency_keys
 where task_name = %(name)s
   and key = %(key)s;
