"""Run the tests on pairs of a Python and a PostgreSQL version.

By default a diagonal in which every supported version of each appears. A pair is `PYTHON:POSTGRESQL`, and
arguments after `--` go to pytest:

    python tools/matrix.py --pairs 3.10:12,3.13:18 -- tests/postgres

Everything it makes is under `.tools`: an environment per Python, the server binaries per version. Exit code 0
means that every pair passed.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from interpreters import MissingInterpreter, find_interpreter
from postgres_server import MissingServer, running_server, server_binaries

CHECKOUT = Path(__file__).resolve().parent.parent
TOOLS = CHECKOUT / ".tools"

DIAGONAL = "3.10:12,3.10:13,3.11:14,3.11:15,3.12:16,3.12:17,3.13:18"


@dataclass(frozen=True)
class Pair:
    python: str  # "3.12"
    postgres: str  # the major version: "16"

    def __str__(self) -> str:
        return f"Python {self.python} with PostgreSQL {self.postgres}"


@dataclass(frozen=True)
class Outcome:
    pair: Pair
    passed: bool
    seconds: float
    reason: str = ""


def parse_pairs(text: str) -> list[Pair]:
    """Read `3.10:12,3.13:18`."""
    pairs: list[Pair] = []
    for item in text.split(","):
        python, colon, postgres = item.strip().partition(":")
        if not (python and colon and postgres):
            message = f"{item!r} is not PYTHON:POSTGRESQL, such as 3.12:16"
            raise argparse.ArgumentTypeError(message)
        pairs.append(Pair(python, postgres))
    return pairs


def say(text: str) -> None:
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"\033[1m==> {text}\033[0m" if colour else f"==> {text}", flush=True)


def make_environment(uv: str, python: str) -> Path:
    """Bring the environment of one Python version in line with uv.lock; its interpreter is returned."""
    environment = TOOLS / "matrix" / f"python{python}"
    choice = ["--python", str(find_interpreter(python))]
    subprocess.run(
        [uv, "sync", "--quiet", "--frozen", "--all-packages", "--compile-bytecode", *choice],
        cwd=CHECKOUT,
        env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment)},
        check=True,
    )
    return environment / "bin" / "python"


def run_tests(uv: str, pair: Pair, pytest_arguments: list[str]) -> int:
    """Run pytest for one pair and return its exit code."""
    interpreter = make_environment(uv, pair.python)
    binaries = server_binaries(pair.postgres, TOOLS / "postgres")
    with running_server(binaries) as url:
        return subprocess.run(
            [interpreter, "-m", "pytest", *pytest_arguments],
            cwd=CHECKOUT,
            env={**os.environ, "HORSIES_TEST_DATABASE_URL": url},
            check=False,
        ).returncode


def attempt(uv: str, pair: Pair, pytest_arguments: list[str]) -> Outcome:
    """Run one pair; what keeps it from running is an outcome too, so that the other pairs still run."""
    started = time.monotonic()
    reason = ""
    try:
        code = run_tests(uv, pair, pytest_arguments)
        if code != 0:
            reason = f"pytest ended with {code}"
    except (MissingInterpreter, MissingServer) as missing:
        reason = str(missing)
    except subprocess.CalledProcessError as failed:
        reason = f"{Path(failed.cmd[0]).name} {failed.cmd[1]} ended with {failed.returncode}"
    return Outcome(pair, passed=not reason, seconds=time.monotonic() - started, reason=reason)


def print_table(outcomes: list[Outcome]) -> None:
    print(f"\n{'Python':<8}{'PostgreSQL':<12}{'result':<8}{'time':>8}")
    for outcome in outcomes:
        minutes, seconds = divmod(round(outcome.seconds), 60)
        print(
            f"{outcome.pair.python:<8}{outcome.pair.postgres:<12}"
            f"{'passed' if outcome.passed else 'FAILED':<8}{minutes:>4}m{seconds:02}s  {outcome.reason}".rstrip(),
        )


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the tests on pairs of a Python and a PostgreSQL version.")
    parser.add_argument("--pairs", type=parse_pairs, default=DIAGONAL, help=f"PYTHON:POSTGRESQL,... ({DIAGONAL})")
    parser.add_argument("--uv", default="uv", help="the uv to use (the one on PATH)")
    parser.add_argument("pytest_arguments", nargs="*", metavar="ARGUMENT", help="after --, for pytest")
    return parser.parse_args()


def stop_on_sigterm() -> None:
    """A polite kill must unwind the stack as Ctrl-C does: a server is running further down."""

    def leave(_signum: int, _frame: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)


def main() -> int:
    arguments = parse_arguments()
    stop_on_sigterm()
    outcomes: list[Outcome] = []
    for number, pair in enumerate(arguments.pairs, start=1):
        say(f"{pair} ({number} of {len(arguments.pairs)})")
        outcomes.append(attempt(arguments.uv, pair, arguments.pytest_arguments))
        if outcomes[-1].reason:
            print(f"{pair}: {outcomes[-1].reason}", flush=True)
    print_table(outcomes)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
