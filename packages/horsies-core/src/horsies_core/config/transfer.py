"""A configuration on its way to another process, as JSON.

The text holds the database's password: it belongs in a pipe, never in an argument list, a log or a file.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from horsies_core.config.app import AppConfig


def config_to_json(config: AppConfig) -> str:
    """Write `config` as JSON, all but `exception_mapper`: its classes are the user's code, known only to children."""
    return json.dumps(_converter().unstructure(config))


def config_from_json(text: str) -> AppConfig:
    """Read what `config_to_json` wrote, with an empty `exception_mapper`.

    Raises ConfigurationError for values that no configuration may hold, and cattrs' and json's own errors for a text
    of another make, such as one from another version.
    """
    return _converter().structure(json.loads(text), AppConfig)


def _converter() -> Converter:
    # Made anew each time: a process does this once or twice in its life.
    converter = Converter(forbid_extra_keys=True, detailed_validation=False)
    converter.register_unstructure_hook(timedelta, lambda span: span.total_seconds())
    converter.register_structure_hook(timedelta, _timedelta_of_seconds)
    converter.register_unstructure_hook(
        AppConfig, make_dict_unstructure_fn(AppConfig, converter, exception_mapper=override(omit=True))
    )
    converter.register_structure_hook(
        AppConfig,
        make_dict_structure_fn(
            AppConfig,
            converter,
            _cattrs_forbid_extra_keys=True,
            _cattrs_detailed_validation=False,
            exception_mapper=override(omit=True),
        ),
    )
    return converter


def _timedelta_of_seconds(seconds: Any, _type: object) -> timedelta:
    return timedelta(seconds=seconds)
