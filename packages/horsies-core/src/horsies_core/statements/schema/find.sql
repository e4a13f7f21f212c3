-- Whether this schema was ever migrated; null if not.
select to_regclass(%(migrations)s)::text;
