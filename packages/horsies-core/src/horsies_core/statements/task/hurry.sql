-- Let the next delayed task be due now: for tests, which do not care to wait. Its status stays. One that would expire
-- before its time comes is left to expire.
update {schema}.tasks
   set due_at = statement_timestamp()
 where id = (
       select id
         from {schema}.tasks
        where status = 'PENDING'
          and due_at > enqueued_at
          and due_at > statement_timestamp()
          and (good_until is null or good_until > due_at)
          and name   = any (%(names)b)
        order by due_at, seq
        limit 1
          for update skip locked
       )
returning id;
