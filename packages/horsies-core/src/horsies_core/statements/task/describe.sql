-- All that is known of some tasks, wherever they stand.
select id, name, queue, priority, status, enqueued_at, due_at, started_at, finished_at, good_until, timeout_ms, attempt,
       incarnation, error_code, result
  from {schema}.all_tasks
 where id = any (%(ids)b);
