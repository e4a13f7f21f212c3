-- Note a migration as applied.
insert into {schema}.migrations (version, name)
values (%(version)s, %(name)s);
