"""Find everything that is wrong with an object before saying so, instead of one fault per attempt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeGuard

from horsies_core.diagnostics import SourceLocation
from horsies_core.errors import ConfigurationError, ErrorCode, raise_all


def is_integer(value: object) -> TypeGuard[int]:
    """Tell whether `value` is an int and not a bool."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[float]:
    """Tell whether `value` is a finite int or float, and not a bool."""
    return is_integer(value) or (isinstance(value, float) and math.isfinite(value))


class Faults:
    """Collects the faults of one object under construction; each points at its argument in the user's call.

    `call` is where that stands, if it is not what the user's program is just executing.
    """

    def __init__(self, call: SourceLocation | None = None) -> None:
        self._call = call
        self._errors: list[ConfigurationError] = []

    def add(
        self,
        code: ErrorCode,
        message: str,
        *,
        argument: str,
        notes: Sequence[str] = (),
        help: str | None = None,
    ) -> None:
        """Note one fault, of the argument with this name."""
        # Looked up here and not on construction: walking the stack is for those who have made a mistake.
        where = self._call or SourceLocation.of_caller()
        place = where.at_keyword(argument) if where else None
        self._errors.append(ConfigurationError(message, code=code, where=place, notes=notes, help=help))

    def raise_any(self, *, subject: str = "the configuration") -> None:
        """Raise what was noted: one fault as itself, several as MultipleValidationErrors."""
        raise_all(self._errors, subject=subject)

    def require_integer(
        self, code: ErrorCode, argument: str, value: object, *, minimum: int, maximum: int | None = None
    ) -> None:
        """Note a fault unless `value` is an integer within the bounds, both included."""
        if not is_integer(value) or value < minimum or (maximum is not None and value > maximum):
            bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"
            self.add(code, f"{argument} must be an integer {bounds}, not {_brief(value)}", argument=argument)

    def require_positive_number(self, code: ErrorCode, argument: str, value: object) -> None:
        """Note a fault unless `value` is a finite number above 0."""
        if not is_number(value) or value <= 0:
            self.add(code, f"{argument} must be a number above 0, not {_brief(value)}", argument=argument)

    def require_bool(self, code: ErrorCode, argument: str, value: object) -> None:
        """Note a fault unless `value` is True or False itself."""
        if not isinstance(value, bool):
            self.add(code, f"{argument} must be True or False, not {_brief(value)}", argument=argument)

    def require_part(self, argument: str, value: object, kind: type) -> None:
        """Note a fault unless `value`, a part of the configuration, is of its own class."""
        if not isinstance(value, kind):
            self.add(
                ErrorCode.CONFIG_INVALID_PART,
                f"{argument} must be a {kind.__name__}, not {type(value).__name__}",
                argument=argument,
                help=f"write {argument}={kind.__name__}(...)",
            )


def _brief(value: object) -> str:
    return f"{value!r:.80}"
