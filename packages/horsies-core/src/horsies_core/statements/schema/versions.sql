-- The migrations that were applied, oldest first.
select version, name, applied_at
  from {schema}.migrations
 order by version;
