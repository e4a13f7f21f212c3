-- The partitions of history, today's date in UTC by the database's clock, and the last day of which rows lie in the
-- default partition (null: none do).
select (clock_timestamp() at time zone 'UTC')::date as today,
       coalesce(array_agg(child.relname::text) filter (where child.relname is not null), '{}') as partitions,
       (select (max(finished_at) at time zone 'UTC')::date from {schema}.finished_default) as last_strayed
  from pg_class as parent
  join pg_namespace as namespace on namespace.oid = parent.relnamespace
  left join pg_inherits as inherits on inherits.inhparent = parent.oid
  left join pg_class as child on child.oid = inherits.inhrelid
 where parent.relname = 'finished'
   and namespace.nspname = %(schema)s;
