-- Where tasks stand, and the results of those that ended. One statement reads both places, so a task that is just
-- moving is seen in exactly one; an id that is not returned was never sent, or is kept no longer.
select id, status, null::text as result
  from {schema}.tasks
 where id = any (%(ids)b)
 union all
select id, status, result
  from {schema}.finished
 where id = any (%(ids)b);
