"""Settings that this version accepts in a configuration and a worker cannot keep."""

from __future__ import annotations

import pytest

from horsies import AppConfig, CustomQueueConfig, QueueMode
from horsies_core.config.transfer import config_to_json
from horsies_core.errors import HorsiesError, MultipleValidationErrors
from horsies_worker.app_facts import AppFacts


def _facts(config: AppConfig) -> AppFacts:
    return AppFacts.of({"config": config_to_json(config), "tasks": [["greet", False]]})


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (AppConfig(queue_mode=QueueMode.CUSTOM, custom_queues=[CustomQueueConfig("mail")]), "custom_queues"),
        (AppConfig(cluster_wide_cap=5), "cluster_wide_cap"),
        (AppConfig(prefetch_buffer=5), "prefetch_buffer"),
    ],
)
def test_a_setting_that_would_have_no_effect_is_refused_by_name(config: AppConfig, setting: str) -> None:
    with pytest.raises(HorsiesError, match=setting):
        _facts(config)


def test_all_of_them_are_refused_together() -> None:
    with pytest.raises(MultipleValidationErrors) as caught:
        _facts(AppConfig(cluster_wide_cap=5, prefetch_buffer=5))
    assert len(caught.value.errors) == 2


def test_a_plain_configuration_is_served() -> None:
    assert list(_facts(AppConfig()).tasks) == [("greet", False)]
