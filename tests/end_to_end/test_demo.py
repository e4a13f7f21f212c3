"""`horsies demo`: shows what it promises, and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg

from tests.support.command_line import clean_environment, horsies
from tests.support.embedded_users import is_alive, open_project


def test_the_demo_starts_all_by_itself_and_shows_every_way_a_task_can_end() -> None:
    with open_project() as project:
        shown = horsies("demo", directory=project, TMPDIR=str(project))
        assert shown.code == 0, shown.out + shown.err
        assert "an embedded PostgreSQL" in shown.out
        assert "a worker, process" in shown.out
        for line in (
            "add(2, 3)         COMPLETED  5",
            "render_page(1)    RUNNING",
            "render_page(1)    COMPLETED  'page-1.pdf'",
            "fetch('/a')       COMPLETED  '200 /a'",
            "charge_card(120)  FAILED     CARD_DECLINED",
            "divide(1, 0)      FAILED     UNHANDLED_EXCEPTION",
            "crash()           FAILED     WORKER_CRASHED",
            "call_partner()    COMPLETED  'answered call 3'",
            "remind('tea')     COMPLETED  'tea'",
        ):
            assert line in shown.out
        assert "2,000 tasks that do nothing" in shown.out
        assert "every task ended as it should" in shown.out
        assert "horsies worker instance:app" in shown.out
        assert shown.err == ""
        assert list(project.iterdir()) == []


def test_an_interrupted_demo_leaves_no_process_no_file_and_no_schema(
    tmp_path: Path, database_url: str, schema: str
) -> None:
    environment = clean_environment(
        HORSIES_DATABASE_URL=database_url, HORSIES_DEMO_SCHEMA=schema, TMPDIR=str(tmp_path), PYTHONUNBUFFERED="1"
    )
    demo = subprocess.Popen(
        [sys.executable, "-m", "horsies_worker", "demo"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert demo.stdout
    shown = next(line for line in demo.stdout if "RUNNING" in line)
    started = [child.pid for child in psutil.Process(demo.pid).children(recursive=True)]
    demo.send_signal(signal.SIGINT)
    out, err = demo.communicate(timeout=30)
    assert "interrupted; the worker is stopped and everything removed" in out, shown + out + err
    assert demo.returncode == 128 + signal.SIGINT
    assert err == ""
    assert started
    assert [pid for pid in started if is_alive(pid)] == []
    assert list(tmp_path.iterdir()) == []
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select to_regnamespace(%s)::text", [schema]).fetchone() == (None,)


def test_a_demo_without_its_database_says_so_at_once(tmp_path: Path) -> None:
    dead = "postgresql://ada:hunter2@127.0.0.1:1/shop"
    told = horsies("demo", directory=tmp_path, TMPDIR=str(tmp_path), HORSIES_DATABASE_URL=dead)
    assert "error: the database could not be reached" in told.err
    assert "hunter2" not in told.err
    assert "Traceback" not in told.err
    assert told.code == 1
    assert list(tmp_path.iterdir()) == []
