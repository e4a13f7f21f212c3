-- A worker that settled or released everything goes. One that still holds tasks stays and is rescued when its lease
-- runs out.
delete from {schema}.workers
 where incarnation = %(incarnation)b
   and not exists (select from {schema}.tasks where incarnation = %(incarnation)b)
returning incarnation;
