"""A trigger that refuses what `lifecycle/` does not declare. It stands in test databases only: users pay nothing."""

from __future__ import annotations

from typing import Any

import psycopg

from horsies_core.lifecycle import TASK_MOVES


def install_guard(connection: psycopg.Connection[Any], schema: str) -> None:
    """Refuse undeclared changes of status from here on, and any change to a finished row."""
    moves = ", ".join(
        f"('{move.source.value if move.source else 'NEW'}', '{move.target.value}')" for move in TASK_MOVES
    )
    connection.execute(_GUARD.replace("{schema}", f'"{schema}"').replace("{moves}", moves).encode(), prepare=False)


_GUARD = """
create function {schema}.guard_tasks() returns trigger language plpgsql as $$
declare
    source text := case tg_op when 'INSERT' then 'NEW' else old.status end;
    target text := new.status;
begin
    if source <> target and (source, target) not in (values {moves}) then
        raise exception 'undeclared move: % -> %', source, target;
    end if;
    if tg_op = 'UPDATE' and source <> 'PENDING' and source <> target and old.claim_token is null then
        raise exception 'a % task without a claim token', source;
    end if;
    if tg_op = 'UPDATE' and target = 'PENDING' and old.cancel_requested is not null then
        raise exception 'a task that is to be cancelled went back to PENDING';
    end if;
    if tg_op = 'UPDATE' and new.status in ('CLAIMED', 'RUNNING') and old.claim_token is not null
       and new.claim_token <> old.claim_token then
        raise exception 'a claimed task changed hands without being released';
    end if;
    return new;
end $$;

create trigger guard before insert or update on {schema}.tasks
    for each row execute function {schema}.guard_tasks();

-- After the whole statement, when its row of history can be seen.
create function {schema}.guard_ends() returns trigger language plpgsql as $$
declare
    target text := (select status from {schema}.finished where id = old.id);
begin
    if target is null or (old.status, target) not in (values {moves}) then
        raise exception 'undeclared move: % -> %', old.status, coalesce(target, 'nowhere');
    end if;
    if old.cancel_requested is not null and target <> 'CANCELLED' then
        raise exception 'a task that was to be cancelled ended %', target;
    end if;
    return null;
end $$;

create trigger guard_ends after delete on {schema}.tasks
    for each row execute function {schema}.guard_ends();

create function {schema}.guard_finished() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'a finished task was changed';
    end if;
    if (select count(*) from {schema}.finished where id = new.id) > 1 then
        raise exception 'task % finished twice', new.id;
    end if;
    return null;
end $$;

-- After, not before: PostgreSQL 12 has no BEFORE row triggers on partitioned tables.
create trigger guard after insert or update or delete on {schema}.finished
    for each row execute function {schema}.guard_finished();
"""
