"""How a value that does not fit is reported: each level that it passes adds a step to its path."""

from __future__ import annotations

import decimal

from horsies_core.annotations import name_of

_SHOWN_PATH_LENGTH = 200
_SHOWN_VALUE_LENGTH = 60

# Values whose repr says what is wrong with them. Of anything else only the type is told: its repr may be long or fail.
_SHOWN_TYPES = (str, int, float, bool, type(None), decimal.Decimal)


class Misfit(Exception):
    """A value that is not what its annotation says. Internal: the codecs turn it into the errors users see."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self._steps: list[str] = []

    def at(self, step: str) -> Misfit:
        """Add the step that leads here from one level further out: ".price" or "[3]"."""
        self._steps.append(step)
        return self

    @property
    def is_nested(self) -> bool:
        """Whether the fault lies inside the value rather than being the value itself."""
        return bool(self._steps)

    def __str__(self) -> str:
        path = "".join(reversed(self._steps)).removeprefix(".")
        if len(path) > _SHOWN_PATH_LENGTH:
            path = f"{path[: _SHOWN_PATH_LENGTH // 2]}...{path[-_SHOWN_PATH_LENGTH // 2 :]}"
        return f"{path}: {self.reason}" if path else self.reason


class Unstorable(Misfit):
    """A value of the right type that has no faithful JSON form: NaN, a tuple without an annotation."""


class Unsupported(Misfit):
    """An annotation that the codec has no form for."""


def wrong_type(expected: str, value: object) -> Misfit:
    """Say what was expected and what came instead."""
    return Misfit(f"expected {expected}, got {shown(value)}")


def shown(value: object) -> str:
    """Name the type of a value and, where that is short and safe, the value."""
    kind = name_of(type(value))
    text = None if value is None else _short_repr(value)
    return kind if text is None else f"{kind} {text}"


def key_step(key: object) -> str:
    """Return the step from a mapping to the value under `key`."""
    return f"[{_short_repr(key) or name_of(type(key))}]"


def _short_repr(value: object) -> str | None:
    if type(value) not in _SHOWN_TYPES:
        return None
    try:
        # Not all of a long str: its repr would be as long, only to be cut.
        text = repr(value[: _SHOWN_VALUE_LENGTH + 1] if isinstance(value, str) else value)
    except ValueError:
        # An int too long to be printed.
        return None
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= _SHOWN_VALUE_LENGTH else f"{text[:_SHOWN_VALUE_LENGTH]}..."
