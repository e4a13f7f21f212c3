-- Live tasks, their history, their spent attempts, and the workers that hold them.
--
-- No foreign key points at tasks or finished: a task moves from one to the other, and partitions are dropped whole.

create table {schema}.tasks (
    id           uuid        not null primary key,
    -- Sending order. A retried or released task keeps it.
    seq          bigint      not null generated always as identity,
    name         text        not null,
    queue        text        not null,
    priority     smallint    not null,
    status       text        not null default 'PENDING' check (status in ('PENDING', 'CLAIMED', 'RUNNING')),
    enqueued_at  timestamptz not null,
    due_at       timestamptz not null,
    -- JSON text, not jsonb: the database stores payloads and never looks into them, and jsonb costs twice to write.
    args         text        not null,
    retry_policy text,
    -- Attempts begun so far; the one that runs included.
    attempt      integer     not null default 0,
    -- Drawn anew by each claim. Whoever changes a claimed task must show it.
    claim_token  uuid,
    incarnation  uuid,
    started_at   timestamptz,
    -- Channels of the client processes that await the result.
    reply_to     text[]
) with (
    -- A task is inserted, updated once and deleted: half of what is written is dead at once.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000
);

-- The order of claims, for the claim alone: a row leaves it when it is claimed.
create index tasks_claim_order on {schema}.tasks (queue, priority, due_at, seq) where status = 'PENDING';
-- The next delayed or retried task to become due. Tasks sent for now are not in it and pay nothing for it.
create index tasks_due_later on {schema}.tasks (due_at) where status = 'PENDING' and due_at > enqueued_at;
-- What a worker holds: for rescue, and for a worker that lost the reply to a claim.
create index tasks_held on {schema}.tasks (incarnation) where incarnation is not null;

create table {schema}.finished (
    id           uuid        not null,
    name         text        not null,
    queue        text        not null,
    priority     smallint    not null,
    status       text        not null check (status in ('COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED')),
    enqueued_at  timestamptz not null,
    due_at       timestamptz not null,
    args         text        not null,
    retry_policy text,
    attempt      integer     not null,
    -- Proof of who settled it: a worker that lost the reply to its settling looks for its token here.
    claim_token  uuid,
    incarnation  uuid,
    started_at   timestamptz,
    finished_at  timestamptz not null,
    error_code   text,
    result       text        not null
) partition by range (finished_at);

create index finished_id on {schema}.finished (id);

-- For rows that no partition was made for; see upkeep.
create table {schema}.finished_default partition of {schema}.finished default;

-- An attempt that did not end its task, because the task was retried. The attempt that ended it is the finished row.
create table {schema}.attempts (
    task_id     uuid        not null,
    attempt     integer     not null,
    incarnation uuid,
    started_at  timestamptz,
    ended_at    timestamptz not null,
    error_code  text        not null,
    message     text,
    primary key (task_id, attempt)
);

-- One row for each start of a worker, never reused: a host's name or a pid may return, an incarnation does not.
create table {schema}.workers (
    incarnation uuid        not null primary key,
    host        text        not null,
    pid         integer     not null,
    processes   integer     not null,
    started_at  timestamptz not null,
    lease_until timestamptz not null,
    -- Set once, by whoever saw the lease run out. A worker that finds it set is dead and begins anew.
    lost_at     timestamptz
) with (fillfactor = 50);

-- Each task in exactly one place; this shows both places as one.
create view {schema}.all_tasks as
select id, name, queue, priority, status, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
       started_at, null::timestamptz as finished_at, null::text as error_code, null::text as result
  from {schema}.tasks
 union all
select id, name, queue, priority, status, enqueued_at, due_at, args, retry_policy, attempt, claim_token, incarnation,
       started_at, finished_at, error_code, result
  from {schema}.finished;
