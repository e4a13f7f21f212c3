-- The partitions of history, and today's date in UTC by the database's clock.
select (clock_timestamp() at time zone 'UTC')::date as today,
       coalesce(array_agg(child.relname::text) filter (where child.relname is not null), '{}') as partitions
  from pg_class as parent
  join pg_namespace as namespace on namespace.oid = parent.relnamespace
  left join pg_inherits as inherits on inherits.inhparent = parent.oid
  left join pg_class as child on child.oid = inherits.inhrelid
 where parent.relname = 'finished'
   and namespace.nspname = %(schema)s;
