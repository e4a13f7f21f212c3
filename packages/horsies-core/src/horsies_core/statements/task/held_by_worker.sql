-- What the database says this worker holds: what it does not know of was claimed by a turn whose reply was lost.
select id, claim_token
  from {schema}.tasks
 where incarnation = %(incarnation)b;
