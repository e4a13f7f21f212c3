"""No password reaches a reader."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from horsies_core.redaction import redact, secret_spans


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://user:secret@host:5432/db", "postgresql://user:***@host:5432/db"),
        ("postgresql+psycopg://user:secret@host/db", "postgresql+psycopg://user:***@host/db"),
        ("two: postgres://a:x@h and postgres://b:y@h.", "two: postgres://a:***@h and postgres://b:***@h."),
        ("postgresql://:secret@host/db", "postgresql://:***@host/db"),
        (
            "postgresql://host/db?user=me&password=secret&sslmode=require",
            "postgresql://host/db?user=me&password=***&sslmode=require",
        ),
        ("host=h password=secret dbname=d", "host=h password=*** dbname=d"),
        (r"host=h password='se cr\'et' dbname=d", "host=h password=*** dbname=d"),
        ("PGPASSWORD=secret psql", "PGPASSWORD=*** psql"),
        ('connect(password="secret", host="h")', 'connect(password=***, host="h")'),
        ('{"password": "secret"}', '{"password": ***}'),
    ],
)
def test_a_password_is_replaced_wherever_it_is_written(text: str, shown: str) -> None:
    assert redact(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://user:se@cret@host/db",
        "postgresql://user:se/cret@host/db",
        "postgresql://us?er:secret@host/db",
        'url = "postgresql://user:a secret@host/db"',
        'url = "postgresql://user:secret"',
        "postgresql://user:'secret\"@host/db",
    ],
)
def test_a_password_that_makes_its_url_wrong_is_hidden_all_the_same(text: str) -> None:
    assert "cret" not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://localhost:5432/db",
        "postgresql://user@localhost/db",
        "listening on http://[::1]:8000/",
        "task 'login', parameter password: expected str",
        "nothing to hide, not even 12:30 @ noon",
    ],
)
def test_text_without_a_password_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@given(
    user=st.text(st.characters(categories=("L", "N")), max_size=8),
    password=st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1),
    host=st.sampled_from(["h", "h:5432", "[::1]:5432", "a:1,b:2"]),
)
def test_any_password_without_spaces_is_hidden_from_any_url(user: str, password: str, host: str) -> None:
    assume("pass" not in password.lower())  # a setting's name, which hides what follows it too

    shown = redact(f"cannot reach postgresql://{user}:{password}@{host}/db today")

    assert shown == f"cannot reach postgresql://{user}:***@{host}/db today"


@given(st.text())
def test_secret_spans_are_in_order_inside_the_text_and_apart(text: str) -> None:
    edges = [edge for span in secret_spans(f"://u:{text}@h password={text}") for edge in span]

    assert edges == sorted(edges)
