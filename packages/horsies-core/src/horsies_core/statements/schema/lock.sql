-- One migrator at a time for each schema; the lock goes with the transaction, so it cannot leak behind a pooler.
select pg_advisory_xact_lock(hashtextextended(%(purpose)s, 0));
