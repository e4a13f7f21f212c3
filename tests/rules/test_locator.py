"""The words by which a user names an app."""

from __future__ import annotations

import pytest

from horsies_core.errors import ConfigurationError, ErrorCode
from horsies_worker.locator import Locator


@pytest.mark.parametrize(
    ("text", "module", "attribute", "is_file"),
    [
        ("instance:app", "instance", "app", False),
        ("shop.tasks:app", "shop.tasks", "app", False),
        ("shop.tasks:web.app", "shop.tasks", "web.app", False),
        ("shop.tasks", "shop.tasks", None, False),
        ("instance.py", "instance.py", None, True),
        ("src/shop/instance.py:app", "src/shop/instance.py", "app", True),
        ("/srv/shop/instance.py:app", "/srv/shop/instance.py", "app", True),
        ("./instance:app", "./instance", "app", True),
        ("/srv/with:colon/instance.py:app", "/srv/with:colon/instance.py", "app", True),
    ],
)
def test_a_locator_is_taken_apart(text: str, module: str, attribute: str | None, is_file: bool) -> None:
    locator = Locator.parse(text)
    assert (locator.module, locator.attribute, locator.is_file) == (module, attribute, is_file)


@pytest.mark.parametrize("text", ["", ":", ":app", "instance:"])
def test_what_names_no_module_or_an_empty_attribute_is_refused_with_the_form_to_write(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"package\.module:app") as caught:
        Locator.parse(text)
    assert caught.value.code is ErrorCode.WORKER_INVALID_LOCATOR
