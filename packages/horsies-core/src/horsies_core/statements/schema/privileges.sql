-- What this role may not do with the schema, of what is asked for. A privilege named OWNER is the membership in the role
-- that owns the table.
select wanted.relation, wanted.privilege
  from unnest(%(relations)b::text[], %(privileges)b::text[]) with ordinality as wanted (relation, privilege, number)
  left join pg_namespace as namespace on namespace.nspname = %(schema)s
  left join pg_class as relation on relation.relnamespace = namespace.oid and relation.relname = wanted.relation
 where not case when wanted.relation = ''
                then coalesce(has_schema_privilege(namespace.oid, wanted.privilege), false)
                when wanted.privilege = 'OWNER'
                then coalesce(pg_has_role(relation.relowner, 'MEMBER'), false)
                else coalesce(has_table_privilege(relation.oid, wanted.privilege), false)
            end
 order by wanted.number;
