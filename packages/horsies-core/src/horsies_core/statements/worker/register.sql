-- A worker starts: a new incarnation with its first lease.
insert into {schema}.workers (incarnation, host, pid, processes, started_at, lease_until)
values (%(incarnation)b, %(host)s, %(pid)s, %(processes)s, clock_timestamp(),
        clock_timestamp() + make_interval(secs => %(lease)s));
