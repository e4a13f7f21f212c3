-- Live on. No row returned: others gave this incarnation up, and it must not go on as if nothing had happened.
-- clock_timestamp(), because now() stands still in a transaction. The answer also bridges notifications that were lost:
-- whether something it holds is to be cancelled.
update {schema}.workers
   set lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
 where incarnation = %(incarnation)b
   and lost_at is null
returning exists (
              select from {schema}.tasks where incarnation = %(incarnation)b and cancel_requested is not null
          ) as has_cancel_requests;
