-- Whether this role may create a schema in this database.
select has_database_privilege(current_database(), 'CREATE');
