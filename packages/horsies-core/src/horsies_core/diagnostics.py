"""Say where in the user's code a fault lies, and print it the way a compiler does."""

from __future__ import annotations

import ast
import inspect
import linecache
import os
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FrameType
from typing import Protocol, cast

from attrs import evolve, frozen

from horsies_core.redaction import MASK, redact, secret_spans

OUR_PACKAGES = ("horsies", "horsies_core", "horsies_client", "horsies_worker")

_TAB = " " * 4
_BOLD_RED = "\x1b[1;31m"
_BOLD_BLUE = "\x1b[1;34m"
_BOLD = "\x1b[1m"
_RESET = "\x1b[0m"


@frozen
class SourceLocation:
    """A place in the user's code.

    `line` counts from 1. `column` and `end_column` count characters from 0, the end not included; without them
    the whole line is meant.
    """

    file: str
    line: int
    column: int | None = None
    end_column: int | None = None

    @classmethod
    def of_function(cls, function: Callable[..., object]) -> SourceLocation | None:
        """Return the line of the function's `def`, or None for what has no Python source (a builtin)."""
        plain = _unwrapped(function)
        code = getattr(plain, "__code__", None)
        if not isinstance(code, CodeType):
            return None
        return cls(code.co_filename, _line_of_def(code.co_filename, code.co_firstlineno))

    @classmethod
    def of_caller(cls, skip_packages: Sequence[str] = OUR_PACKAGES) -> SourceLocation | None:
        """Return the innermost line being executed that lies outside `skip_packages`, or None if there is none."""
        here = inspect.currentframe()
        for frame in _frames_outwards(here.f_back if here else None):
            if not _belongs_to(frame, skip_packages):
                return cls(frame.f_code.co_filename, frame.f_lineno)
        return None

    def at_keyword(self, name: str) -> SourceLocation:
        """Narrow this place to the value of the argument `name=` in the call that stands here, if it can be found."""
        value = _keyword_value(self.file, self.line, name)
        if value is None:
            return self
        text = _source_line(self.file, value.lineno) or ""
        ends_here = value.end_lineno == value.lineno and value.end_col_offset is not None
        end = _characters(text, value.end_col_offset or 0) if ends_here else len(text.rstrip())
        return evolve(self, line=value.lineno, column=_characters(text, value.col_offset), end_column=end)

    def __str__(self) -> str:
        return f"{_shown_path(self.file)}:{self.line}"


class TextStream(Protocol):
    """The part of a text stream that decides about colour."""

    def isatty(self) -> bool: ...


def wants_color(stream: TextStream, environ: Mapping[str, str]) -> bool:
    """Tell whether to print in colour: on a terminal, unless `NO_COLOR` is set or the terminal is dumb."""
    if environ.get("NO_COLOR") or environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def render_diagnostic(
    message: str,
    *,
    code: str | None = None,
    where: SourceLocation | None = None,
    notes: Sequence[str] = (),
    help: str | None = None,
    color: bool = False,
) -> str:
    """Render one fault: headline, place, source excerpt with carets, notes, help. No newline at the end.

    Never fails for want of the source: an excerpt that cannot be read is left out. Passwords in it are masked.
    """
    paint = _paint if color else _plain
    label = f"error[{code}]" if code else "error"
    gutter = " " * (len(str(where.line)) if where else 1)
    lines = [f"{paint(label, _BOLD_RED)}{paint(': ' + message, _BOLD)}"]
    if where is not None:
        lines.append(f"{gutter}{paint('-->', _BOLD_BLUE)} {where}")
        lines += _excerpt(where, gutter, paint)
    bar = paint("=", _BOLD_BLUE)
    remarks = [("note", note) for note in notes] + ([("help", help)] if help else [])
    for kind, text in remarks:
        indented = text.replace("\n", f"\n{gutter}   {' ' * len(kind)}  ")
        lines.append(f"{gutter} {bar} {paint(kind, _BOLD)}: {indented}")
    return "\n".join(lines)


def _excerpt(where: SourceLocation, gutter: str, paint: Callable[[str, str], str]) -> list[str]:
    text = _source_line(where.file, where.line)
    if text is None or not text.strip():
        return []
    start, end = _marked_columns(where, text)
    secrets = secret_spans(text)
    masked = redact(text)
    start, end = _column_when_masked(start, secrets), _column_when_masked(end, secrets, up=True)
    bar = paint("|", _BOLD_BLUE)
    indent = " " * _width(_displayed(masked[:start]))
    carets = paint("^" * max(1, _width(_displayed(masked[start:end]))), _BOLD_RED)
    return [
        f"{gutter} {bar}",
        f"{paint(str(where.line), _BOLD_BLUE)} {bar} {_displayed(masked).rstrip()}",
        f"{gutter} {bar} {indent}{carets}",
    ]


def _marked_columns(where: SourceLocation, text: str) -> tuple[int, int]:
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    if where.column is None:
        return first, last
    start = min(max(where.column, 0), last)
    end = last if where.end_column is None else where.end_column
    return start, min(max(end, start), last)


def _column_when_masked(column: int, secrets: Sequence[tuple[int, int]], *, up: bool = False) -> int:
    """Return where a column of the text stands in the redacted text; one inside a secret moves to the mask's edge."""
    moved = column
    for start, end in secrets:
        if end <= column:
            moved += len(MASK) - (end - start)
        elif start < column:
            moved += start - column + (len(MASK) if up else 0)
    return moved


def _displayed(text: str) -> str:
    """Make `text` safe for a terminal and of predictable width."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text.replace("\t", _TAB))


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else not unicodedata.combining(char) for char in text)


def _source_line(file: str, line: int) -> str | None:
    """Return one line of a source file, or None. linecache also knows zip archives and interactive sessions."""
    linecache.checkcache(file)
    lines = linecache.getlines(file)
    return lines[line - 1].rstrip("\r\n") if 1 <= line <= len(lines) else None


def _line_of_def(file: str, first_line: int) -> int:
    """Skip the decorators: `co_firstlineno` is the first of them."""
    linecache.checkcache(file)
    for number, text in enumerate(linecache.getlines(file)[first_line - 1 :], start=first_line):
        if text.lstrip().startswith(("def ", "async def ")):
            return number
    return first_line


def _keyword_value(file: str, line: int, name: str) -> ast.expr | None:
    linecache.checkcache(file)
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _covers(node, line)]
    # Of nested calls around the line, the one that starts nearest to it is meant.
    for call in sorted(calls, key=lambda node: abs(node.lineno - line)):
        for keyword in call.keywords:
            if keyword.arg == name:
                return keyword.value
    return None


def _covers(node: ast.expr, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _characters(text: str, byte_offset: int) -> int:
    """Turn ast's offset, in UTF-8 bytes, into one in characters."""
    return len(text.encode("utf-8", "surrogatepass")[:byte_offset].decode("utf-8", "ignore"))


def _frames_outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _belongs_to(frame: FrameType, packages: Sequence[str]) -> bool:
    # The __init__ that attrs writes for a class is nobody's module.
    if frame.f_code.co_filename.startswith("<attrs generated"):
        return True
    module: object = frame.f_globals.get("__name__")
    return isinstance(module, str) and any(module == name or module.startswith(f"{name}.") for name in packages)


def _unwrapped(function: Callable[..., object]) -> object:
    """Look through functools.wraps, methods and partials; bounded, because `__wrapped__` may run in a circle."""
    current: object = function
    for _ in range(32):
        for attribute in ("__wrapped__", "__func__", "func"):
            inner = cast("object", getattr(current, attribute, None))
            if callable(inner):
                current = inner
                break
        else:
            break
    return current


def _shown_path(file: str) -> str:
    """Shorten a path below the working directory; anything else is shown as it is."""
    try:
        relative = os.path.relpath(file)
    except (OSError, ValueError):
        return file
    return file if relative.startswith(os.pardir) else relative


def _paint(text: str, style: str) -> str:
    return f"{style}{text}{_RESET}"


def _plain(text: str, style: str) -> str:  # noqa: ARG001 (same shape as _paint)
    return text
