"""The app of the demo, with a task for each thing that can happen to one."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from pathlib import Path

from horsies import AppConfig, Horsies, PostgresConfig, RetryPolicy, TaskError, TaskResult

# Drawn by the process that starts the demo; its worker inherits it. Two demos on one server do not meet.
_SCHEMA = os.environ.setdefault("HORSIES_DEMO_SCHEMA", f"horsies_demo_{uuid.uuid4().hex[:8]}")

app = Horsies(AppConfig(broker=PostgresConfig(schema=_SCHEMA)))


@app.task("add")
def add(a: int, b: int) -> TaskResult[int, TaskError]:
    return TaskResult(ok=a + b)


@app.task("greet")
def greet(name: str) -> TaskResult[str, TaskError]:
    return TaskResult(ok=f"hello {name}")


@app.task("render_page")
def render_page(number: int) -> TaskResult[str, TaskError]:
    time.sleep(1.5)
    return TaskResult(ok=f"page-{number}.pdf")


@app.task("fetch")
async def fetch(path: str) -> TaskResult[str, TaskError]:
    await asyncio.sleep(1.0)
    return TaskResult(ok=f"200 {path}")


@app.task("charge_card")
def charge_card(amount: int) -> TaskResult[str, TaskError]:
    return TaskResult(err=TaskError(error_code="CARD_DECLINED", message=f"no {amount} on this card"))


@app.task("divide")
def divide(a: int, b: int) -> TaskResult[float, TaskError]:
    return TaskResult(ok=a / b)


@app.task("crash")
def crash() -> TaskResult[None, TaskError]:
    time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGKILL)
    return TaskResult(ok=None)


@app.task("call_partner", retry_policy=RetryPolicy.fixed([0.5, 0.5], auto_retry_for=["PARTNER_BUSY"], jitter=False))
def call_partner(calls: str) -> TaskResult[str, TaskError]:
    """Busy at the first two calls; `calls` is the file that counts them."""
    time.sleep(0.3)
    with Path(calls).open("a", encoding="utf-8") as file:
        file.write(".")
    made = Path(calls).stat().st_size
    if made < 3:  # noqa: PLR2004 (see above)
        return TaskResult(err=TaskError(error_code="PARTNER_BUSY", message=f"busy at call {made}"))
    return TaskResult(ok=f"answered call {made}")


@app.task("remind")
def remind(text: str) -> TaskResult[str, TaskError]:
    return TaskResult(ok=text)


@app.task("no_op")
def no_op() -> TaskResult[None, TaskError]:
    return TaskResult(ok=None)
