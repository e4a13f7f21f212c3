"""A configuration that was accepted can be meant; one that was refused says everything that is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from horsies_core.config import (
    AppConfig,
    CustomQueueConfig,
    PostgresConfig,
    QueueMode,
    RecoveryConfig,
    RetentionConfig,
    WorkerResilienceConfig,
)
from horsies_core.config.transfer import config_from_json, config_to_json
from horsies_core.database_url import conninfo, fault_in_url
from horsies_core.errors import ConfigurationError, ErrorCode, MultipleValidationErrors

QUEUES = [CustomQueueConfig("critical", priority=1, max_concurrency=None), CustomQueueConfig("low", priority=100)]


# As those call them who run no type checker.
app, postgres, queue, recovery, resilience, retention = cast(
    "list[Callable[..., object]]",
    [AppConfig, PostgresConfig, CustomQueueConfig, RecoveryConfig, WorkerResilienceConfig, RetentionConfig],
)


def refusal(build: Callable[[], object]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        build()
    return caught.value


class TestDefaults:
    def test_a_configuration_without_arguments_is_valid(self) -> None:
        config = AppConfig()

        assert config.broker == PostgresConfig()
        assert config.queue_mode is QueueMode.DEFAULT
        assert config.custom_queues is None
        assert config.cluster_wide_cap is None
        assert (config.prefetch_buffer, config.claim_lease_ms) == (0, None)
        assert config.exception_mapper == {}
        assert config.default_unhandled_error_code == "UNHANDLED_EXCEPTION"

    def test_the_pool_is_small_and_the_schema_ours(self) -> None:
        config = PostgresConfig()

        assert (config.pool_size, config.max_overflow, config.pool_timeout, config.pool_recycle) == (5, 10, 30, 1800)
        assert (config.database_url, config.listen_url, config.schema) == (None, None, "horsies")

    def test_recovery_takes_seconds_not_minutes(self) -> None:
        config = RecoveryConfig()

        assert config.auto_requeue_stale_claimed
        assert config.auto_fail_stale_running
        assert (config.claimed_stale_threshold_ms, config.running_stale_threshold_ms) == (15_000, 15_000)
        assert (config.check_interval_ms, config.heartbeat_interval_ms) == (5_000, 5_000)

    def test_a_lost_database_is_looked_for_for_ever(self) -> None:
        config = WorkerResilienceConfig()

        assert (config.db_retry_initial_ms, config.db_retry_max_ms, config.db_retry_max_attempts) == (500, 30_000, 0)
        assert config.notify_poll_interval_ms == 5_000

    def test_finished_tasks_are_kept_for_a_week(self) -> None:
        assert RetentionConfig().keep_finished == timedelta(days=7)

    def test_a_queue_runs_five_at_once_and_comes_first(self) -> None:
        queue = CustomQueueConfig("mail")

        assert (queue.priority, queue.max_concurrency) == (1, 5)

    def test_a_prefetched_claim_stands_for_five_seconds(self) -> None:
        assert AppConfig(prefetch_buffer=1).claim_lease_ms == 5_000
        assert AppConfig(prefetch_buffer=1, claim_lease_ms=9).claim_lease_ms == 9


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("build", "code", "said"),
        [
            (lambda: app(queue_mode=QueueMode.CUSTOM), "E200", "CUSTOM, and custom_queues lists no queue"),
            (lambda: app(queue_mode=QueueMode.CUSTOM, custom_queues=[]), "E200", "lists no queue"),
            (lambda: app(custom_queues=QUEUES), "E200", "given, and queue_mode is DEFAULT"),
            (lambda: app(custom_queues=[]), "E200", "given, and queue_mode is DEFAULT"),
            (lambda: app(queue_mode="CUSTOM"), "E200", "queue_mode must be QueueMode.DEFAULT or"),
            (
                lambda: app(queue_mode=QueueMode.CUSTOM, custom_queues=[*QUEUES, QUEUES[0]]),
                "E200",
                "names 'critical' 2 times",
            ),
            (
                lambda: app(queue_mode=QueueMode.CUSTOM, custom_queues=["a"]),
                "E200",
                "must hold CustomQueueConfig",
            ),
            (lambda: app(queue_mode=QueueMode.CUSTOM, custom_queues="a"), "E200", "must be a list"),
            (lambda: queue(""), "E200", "cannot name a queue"),
            (lambda: queue("a,b"), "E200", "cannot name a queue"),
            (lambda: queue("a\0"), "E200", "cannot name a queue"),
            (lambda: queue("a" * 101), "E200", "cannot name a queue"),
            (lambda: queue("a", priority=0), "E200", "priority must be an integer from 1 to 100, not 0"),
            (lambda: queue("a", priority=101), "E200", "from 1 to 100, not 101"),
            (lambda: queue("a", max_concurrency=0), "E200", "max_concurrency must be an integer of at"),
            (lambda: app(cluster_wide_cap=0), "E201", "cluster_wide_cap must be an integer of at least 1"),
            (lambda: app(cluster_wide_cap="3"), "E201", "not '3'"),
            (lambda: app(prefetch_buffer=-1), "E202", "prefetch_buffer must be an integer of at least 0"),
            (lambda: app(prefetch_buffer=True), "E202", "not True"),
            (lambda: app(claim_lease_ms=5_000), "E202", "claim_lease_ms is given, and no task is prefetched"),
            (lambda: app(prefetch_buffer=1, claim_lease_ms=0), "E202", "claim_lease_ms must be an integer of at"),
            (lambda: app(broker="postgresql://h/db"), "E212", "broker must be a PostgresConfig, not str"),
            (lambda: app(recovery=None), "E212", "recovery must be a RecoveryConfig, not NoneType"),
            (
                lambda: app(exception_mapper={ValueError: "bad"}),
                "E209",
                "ValueError the code 'bad', which is not in",
            ),
            (lambda: app(exception_mapper={ValueError: "TASK_TIMEOUT"}), "E209", "which the library uses itself"),
            (lambda: app(exception_mapper={ValueError: 4}), "E209", "the code 4, which is not a str"),
            (lambda: app(exception_mapper={int: "A"}), "E209", "maps int, which is not an exception class"),
            (lambda: app(exception_mapper={"ValueError": "A"}), "E209", "which is not an exception class"),
            (lambda: app(exception_mapper=[ValueError]), "E209", "must be a dict"),
            (lambda: app(default_unhandled_error_code="oops"), "E209", "is 'oops', which is not in UPPER_SNAKE"),
            (lambda: app(default_unhandled_error_code="TASK_TIMEOUT"), "E209", "which the library uses itself"),
            (lambda: postgres("mysql://h/db"), "E203", "its scheme 'mysql' is not one of PostgreSQL's"),
            (lambda: postgres(listen_url="nonsense"), "E203", "listen_url is not a URL of a PostgreSQL database"),
            (lambda: postgres(pool_size=0), "E211", "pool_size must be an integer of at least 1"),
            (lambda: postgres(max_overflow=-1), "E211", "max_overflow must be an integer of at least 0"),
            (lambda: postgres(pool_timeout=0), "E211", "pool_timeout must be a number above 0"),
            (lambda: postgres(pool_timeout=float("inf")), "E211", "not inf"),
            (lambda: postgres(pool_recycle=-1), "E211", "pool_recycle must be a number above 0"),
            (lambda: postgres(schema="Horsies"), "E211", "schema 'Horsies'"),
            (lambda: postgres(schema="a" * 49), "E211", "schema 'aaaa"),
            (lambda: postgres(schema="a\n"), "E211", "schema"),
            (lambda: postgres(schema='a"; drop table tasks; --'), "E211", "schema"),
            (lambda: recovery(check_interval_ms=0), "E204", "check_interval_ms must be an integer of at least 1"),
            (lambda: recovery(running_stale_threshold_ms=9_999), "E204", "less than twice the heartbeat"),
            (
                lambda: recovery(claimed_stale_threshold_ms=999, heartbeat_interval_ms=100),
                "E204",
                "from 1000 to 7200000, not 999",
            ),
            (lambda: recovery(running_stale_threshold_ms=7_200_001), "E204", "from 1000 to 7200000"),
            (lambda: recovery(auto_fail_stale_running=1), "E204", "must be True or False, not 1"),
            (lambda: resilience(db_retry_initial_ms=0), "E208", "db_retry_initial_ms must be an integer"),
            (
                lambda: resilience(db_retry_max_ms=499),
                "E208",
                "less than db_retry_initial_ms, which is 500",
            ),
            (lambda: resilience(db_retry_max_attempts=-1), "E208", "db_retry_max_attempts must be"),
            (lambda: resilience(notify_poll_interval_ms=0), "E208", "notify_poll_interval_ms must be"),
            (lambda: retention(timedelta(0)), "E210", "keep_finished must be a timedelta above 0"),
            (lambda: retention(7), "E210", "or None, not 7"),
        ],
    )
    def test_one_fault_is_told_with_its_code_and_reason(
        self, build: Callable[[], object], code: str, said: str
    ) -> None:
        error = refusal(build)

        assert error.code is ErrorCode(code)
        assert said in error.message

    def test_the_place_is_the_argument_in_the_users_own_call(self) -> None:
        error = refusal(lambda: AppConfig(cluster_wide_cap=-7))

        assert error.where is not None
        assert error.where.file == __file__
        lines = str(error).splitlines()
        assert lines[3][lines[4].index("^") :].startswith("-7)")

    def test_all_faults_of_an_object_are_told_together(self) -> None:
        with pytest.raises(MultipleValidationErrors) as caught:
            AppConfig(
                queue_mode=QueueMode.CUSTOM,
                cluster_wide_cap=0,
                prefetch_buffer=-1,
                exception_mapper={ValueError: "bad", KeyError: "TASK_TIMEOUT"},
                default_unhandled_error_code="",
            )

        codes = [error.code.value for error in caught.value.errors if error.code]
        assert codes == ["E200", "E201", "E202", "E209", "E209", "E209"]
        assert str(caught.value).endswith("error: 6 errors in the configuration")

    def test_faults_of_both_urls_and_the_pool_are_told_together(self) -> None:
        with pytest.raises(MultipleValidationErrors) as caught:
            PostgresConfig(database_url="", listen_url="x", pool_size=0, schema="")

        assert len(caught.value.errors) == 4


class TestWhatIsAccepted:
    def test_custom_queues_are_kept_in_order_and_out_of_reach(self) -> None:
        queues = list(QUEUES)
        config = AppConfig(queue_mode=QueueMode.CUSTOM, custom_queues=queues)
        queues.clear()

        assert config.custom_queues == tuple(QUEUES)

    def test_a_mapper_is_out_of_reach_too(self) -> None:
        mapper: dict[type[BaseException], str] = {ValueError: "BAD_VALUE"}
        config = AppConfig(exception_mapper=mapper)
        mapper.clear()

        assert config.exception_mapper == {ValueError: "BAD_VALUE"}

    def test_a_configuration_does_not_change(self) -> None:
        with pytest.raises(FrozenInstanceError):
            AppConfig().prefetch_buffer = 3  # pyright: ignore[reportAttributeAccessIssue]

    def test_a_configuration_can_be_a_key(self) -> None:
        assert len({AppConfig(), AppConfig()}) == 1

    @pytest.mark.parametrize("threshold", [1_000, 7_200_000])
    def test_thresholds_reach_from_a_second_to_two_hours(self, threshold: int) -> None:
        config = RecoveryConfig(
            claimed_stale_threshold_ms=threshold, running_stale_threshold_ms=threshold, heartbeat_interval_ms=500
        )

        assert config.running_stale_threshold_ms == threshold

    def test_finished_tasks_may_stay_for_ever(self) -> None:
        assert RetentionConfig(keep_finished=None).keep_finished is None


class TestDatabaseUrls:
    @pytest.mark.parametrize(
        ("url", "for_libpq"),
        [
            ("postgresql+psycopg://u:p@h:5432/db", "postgresql://u:p@h:5432/db"),
            ("postgresql://u@h/db?sslmode=require&connect_timeout=3", None),
            ("postgres://h", "postgresql://h"),
            ("POSTGRESQL://h", "postgresql://h"),
            ("postgresql://", None),
            ("postgresql:///db?host=/var/run/postgresql", None),
            ("postgresql://u:p%40ss%2F@a:5432,b:5433/db?target_session_attrs=read-write", None),
            ("postgresql://u:p@[::1]:5432/db", None),
            ("postgresql://u:p@[::1]/db", None),
            ("postgresql://пользователь:пароль@h/db", None),
        ],
    )
    def test_a_url_of_postgresql_is_accepted_and_passed_to_libpq(self, url: str, for_libpq: str | None) -> None:
        assert PostgresConfig(url).resolve_url({}) == (for_libpq or url)

    @pytest.mark.parametrize(
        ("url", "fault"),
        [
            ("", "it is empty"),
            (b"postgresql://h", "it is bytes, not str"),
            ("host=h password=secret", "it contains a space"),
            ("postgresql://u:secret@h/db\n", "it contains a space, a line break"),
            ("postgresql://u:secret @h/db", "it contains a space"),
            ("localhost/db", "it has no scheme"),
            ("sqlite:///db", "its scheme 'sqlite' is not one of PostgreSQL's"),
            ("u:secret@postgresql://h", "its scheme is not one of PostgreSQL's"),
            ("postgresql+asyncpg://h", "its driver 'asyncpg' is not the one in use, psycopg"),
            ("postgresql://u:secret@x@h/db", "it has an '@' too many"),
            ("postgresql://u:1/secret@h/db", "it has an '@' too many"),
            ("postgresql://u:secret/x/db", "its port is not a number from 1 to 65535"),
            ("postgresql://h:0/db", "its port is not"),
            ("postgresql://h:65536/db", "its port is not"),
            ("postgresql://h:1\N{SUPERSCRIPT TWO}/db", "its port is not"),
            ("postgresql://a:1,b:secret/db", "its port is not"),
            ("postgresql://[::1/db", "its IPv6 address is not enclosed"),
            ("postgresql://::1/db", "its port is not"),
            ("postgresql://u:100%secret@h/db", "a '%' in it does not begin"),
            ("postgresql://u:secret%00@h/db", "a '%' in it does not begin"),
            ("postgresql://h/db?secret", "is not of the form name=value"),
            ("postgresql://h/db?pass%77ord=secret", "is percent-encoded"),
        ],
    )
    def test_a_wrong_url_says_what_is_wrong_and_nothing_of_the_password(self, url: str, fault: str) -> None:
        error = refusal(lambda: PostgresConfig(url))

        assert fault in error.message
        assert error.help is not None
        assert "secret" not in str(error)

    def test_a_password_in_the_users_source_is_not_shown(self) -> None:
        error = refusal(lambda: PostgresConfig(database_url="postgresql://user:hunter2@h:abc/db"))

        assert "hunter2" not in str(error)
        assert 'database_url="postgresql://user:***@h:abc/db"' in str(error)

    def test_the_repr_shows_the_urls_without_their_passwords(self) -> None:
        config = PostgresConfig("postgresql://u:secret@h/db?password=secret", "postgresql://u:secret@h:6432/db")

        assert "secret" not in repr(config)
        assert "secret" not in repr(AppConfig(config))
        assert "postgresql://u:***@h/db?password=***" in repr(config)

    @given(st.text())
    def test_any_text_is_either_refused_or_passed_on_whole(self, text: str) -> None:
        url = f"postgresql+psycopg://{text}"

        assert fault_in_url(url) is not None or conninfo(url) == f"postgresql://{text}"


class TestWhereTheUrlComesFrom:
    def test_the_configuration_comes_before_the_environment(self) -> None:
        environ = {"HORSIES_DATABASE_URL": "postgresql://environment/db"}

        assert PostgresConfig("postgresql://config/db").resolve_url(environ) == "postgresql://config/db"
        assert PostgresConfig().resolve_url(environ) == "postgresql://environment/db"

    @pytest.mark.parametrize("environ", [{}, {"HORSIES_DATABASE_URL": ""}])
    def test_without_either_there_is_none(self, environ: dict[str, str]) -> None:
        assert PostgresConfig().resolve_url(environ) is None

    def test_a_wrong_url_in_the_environment_names_the_variable_and_hides_the_password(self) -> None:
        error = refusal(lambda: PostgresConfig().resolve_url({"HORSIES_DATABASE_URL": "mysql://u:secret@h/db"}))

        assert error.code is ErrorCode.BROKER_INVALID_URL
        assert "HORSIES_DATABASE_URL" in error.message
        assert "secret" not in str(error)


class TestCrossingToAnotherProcess:
    full = AppConfig(
        broker=PostgresConfig("postgresql+psycopg://u:p@h/db", "postgresql://h:5433/db", 1, 2, 0.5, 4, "other"),
        queue_mode=QueueMode.CUSTOM,
        custom_queues=QUEUES,
        cluster_wide_cap=7,
        prefetch_buffer=3,
        claim_lease_ms=900,
        recovery=RecoveryConfig(auto_fail_stale_running=False, running_stale_threshold_ms=60_000),
        resilience=WorkerResilienceConfig(db_retry_max_attempts=5),
        retention=RetentionConfig(timedelta(hours=36, microseconds=1)),
        default_unhandled_error_code="OUR_FAULT",
    )

    @pytest.mark.parametrize("config", [AppConfig(), full, AppConfig(retention=RetentionConfig(None))])
    def test_a_configuration_arrives_as_it_was(self, config: AppConfig) -> None:
        assert config_from_json(config_to_json(config)) == config

    def test_the_classes_of_the_exception_mapper_stay_behind(self) -> None:
        sent = evolve(self.full, exception_mapper={ValueError: "BAD_VALUE"})

        assert "BAD_VALUE" not in config_to_json(sent)
        assert config_from_json(config_to_json(sent)) == self.full

    def test_what_arrives_is_validated_again(self) -> None:
        text = config_to_json(self.full).replace('"cluster_wide_cap": 7', '"cluster_wide_cap": 0')

        assert refusal(lambda: config_from_json(text)).code is ErrorCode.CONFIG_INVALID_CLUSTER_CAP

    def test_a_field_this_version_does_not_know_is_refused(self) -> None:
        stranger: dict[str, Any] = {**json.loads(config_to_json(self.full)), "colour": "bay"}

        with pytest.raises(Exception, match="colour"):
            config_from_json(json.dumps(stranger))
