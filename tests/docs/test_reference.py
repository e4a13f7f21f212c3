"""The reference page is what the docstrings say, and leaves out no exported name."""

from __future__ import annotations

import re

import horsies
import horsies.testing
from tools import reference

PAGE = reference.PAGE.read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert reference.page() == PAGE, "run: python tools/reference.py"


def test_every_exported_name_is_on_it() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(
        [*horsies.__all__, *horsies.testing.__all__]
    )


def test_every_name_and_every_method_says_what_it_promises() -> None:
    undocumented = re.findall(r"^(?:### .+|- `.+\(.*\).*`)\n\n(?=-|#|\Z)", PAGE, re.MULTILINE)
    assert undocumented == []
