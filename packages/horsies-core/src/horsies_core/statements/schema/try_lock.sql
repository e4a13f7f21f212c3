-- Whether this transaction is the one that does the upkeep now; the others leave it alone.
select pg_try_advisory_xact_lock(hashtextextended(%(purpose)s, 0));
