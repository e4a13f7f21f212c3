-- Whether this schema was ever migrated. Not by to_regclass: it answers from a cache of the session, which after waiting
-- for another migrator's lock may still say that there is none.
select exists (
       select from pg_class as relation
         join pg_namespace as namespace on namespace.oid = relation.relnamespace
        where namespace.nspname = %(schema)s
          and relation.relname  = 'migrations'
       );
