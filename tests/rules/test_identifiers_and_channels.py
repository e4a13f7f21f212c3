"""Ids and tokens that programs make for themselves, and the names of channels."""

from __future__ import annotations

import time
import uuid

from hypothesis import given
from hypothesis import strategies as st

from horsies_core.channels import reply_channel, work_channel
from horsies_core.config import PostgresConfig
from horsies_core.identifiers import new_task_id, new_token

POSTGRES_NAME_BYTES = 63


def test_a_task_id_is_a_uuid_of_version_7() -> None:
    ids = [new_task_id() for _ in range(1_000)]
    assert {task_id.version for task_id in ids} == {7}
    assert {task_id.variant for task_id in ids} == {uuid.RFC_4122}


def test_a_task_id_tells_the_millisecond_it_was_made_in() -> None:
    before = time.time_ns() // 1_000_000
    task_id = new_task_id()
    after = time.time_ns() // 1_000_000
    assert before <= task_id.int >> 80 <= after


def test_every_other_bit_of_a_task_id_is_random() -> None:
    ones, zeros = 0, 0
    for _ in range(500):
        number = new_task_id().int
        ones |= number
        zeros |= ~number
    random_bits = (1 << 80) - 1 - (0xF << 76) - (0x3 << 62)
    assert ones & zeros & random_bits == random_bits


def test_ids_made_in_one_millisecond_differ() -> None:
    assert len({new_task_id() for _ in range(10_000)}) == 10_000


def test_a_token_is_a_random_uuid_of_version_4() -> None:
    tokens = [new_token() for _ in range(1_000)]
    assert {token.version for token in tokens} == {4}
    assert {token.variant for token in tokens} == {uuid.RFC_4122}
    assert len(set(tokens)) == 1_000


@given(st.from_regex(r"[a-z_][a-z0-9_]{0,47}", fullmatch=True))
def test_postgresql_cuts_no_work_channel_of_any_schema_that_the_configuration_allows(schema: str) -> None:
    allowed = PostgresConfig(schema=schema).schema
    assert len(work_channel(allowed).encode()) <= POSTGRES_NAME_BYTES


def test_each_process_has_a_reply_channel_of_its_own_that_is_not_cut() -> None:
    first, second = reply_channel(new_token()), reply_channel(new_token())
    assert first != second
    assert len(first.encode()) <= POSTGRES_NAME_BYTES
