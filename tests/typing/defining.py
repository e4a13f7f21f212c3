"""What a user's type checker says of definitions and options. Never run; see `sending`."""

from __future__ import annotations

from horsies import (
    AppConfig,
    CustomQueueConfig,
    Horsies,
    PostgresConfig,
    QueueMode,
    RetryPolicy,
    TaskError,
    TaskResult,
)

app = Horsies(
    AppConfig(
        broker=PostgresConfig(database_url="postgresql://db.example/shop", pool_timeout=2.5),
        queue_mode=QueueMode.CUSTOM,
        custom_queues=[CustomQueueConfig("mail", priority=2, max_concurrency=None)],
        exception_mapper={TimeoutError: "TIMEOUT"},
    )
)


@app.task(
    "fetch",
    queue_name="mail",
    retry_policy=RetryPolicy.fixed([60, 300.5], auto_retry_for=["TIMEOUT"]),
    exception_mapper={ConnectionError: "UNREACHABLE"},
    default_unhandled_error_code="FETCH_FAILED",
)
def fetch(url: str) -> TaskResult[bytes, TaskError]:
    return TaskResult(err=TaskError(error_code="NOT_FOUND", message=url))


policies = [
    RetryPolicy(["TIMEOUT"], max_retries=1, intervals=[30]),
    RetryPolicy.exponential(30, max_retries=3, auto_retry_for={"TIMEOUT"}, max_delay_seconds=600),
]

RetryPolicy.fixed([60])  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
RetryPolicy.fixed(["60"], auto_retry_for=["TIMEOUT"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
RetryPolicy(["TIMEOUT"], backoff_strategy="random")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@app.task(retry_policy="always")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
def with_a_word_for_a_policy() -> TaskResult[int, TaskError]:
    return TaskResult(ok=1)


@app.task()  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUntypedFunctionDecorator]
def without_a_task_result() -> int:
    return 1


AppConfig(queue_mode="custom")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
AppConfig(prefetch=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
