"""An error says what is wrong, where, and what to do now."""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from horsies_core.diagnostics import SourceLocation, render_diagnostic, wants_color
from horsies_core.errors import (
    BrokerError,
    ConfigurationError,
    ErrorCode,
    HorsiesError,
    MultipleValidationErrors,
    TaskDefinitionError,
    raise_all,
)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Write a user's file below the working directory; return its path."""
    monkeypatch.chdir(tmp_path)

    def write(text: str) -> str:
        path = tmp_path / "app" / "tasks.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


class TestTheDiagnostic:
    def test_it_has_the_form_of_a_compilers(self, source: Callable[[str], str]) -> None:
        file = source("\n" * 11 + '@app.task("bad_task", queue_name="nonexistent")\ndef bad_task(): ...\n')
        error = ConfigurationError(
            "unknown queue 'nonexistent'",
            code=ErrorCode.TASK_INVALID_QUEUE,
            where=SourceLocation(file, 12).at_keyword("queue_name"),
            notes=["configured queues: critical, normal, low"],
            help='use one of them, or add CustomQueueConfig(name="nonexistent") to custom_queues',
        )

        assert str(error) == textwrap.dedent(
            """\
            error[E103]: unknown queue 'nonexistent'
              --> app/tasks.py:12
               |
            12 | @app.task("bad_task", queue_name="nonexistent")
               |                                  ^^^^^^^^^^^^^
               = note: configured queues: critical, normal, low
               = help: use one of them, or add CustomQueueConfig(name="nonexistent") to custom_queues"""
        )

    def test_without_a_column_the_whole_line_is_marked(self, source: Callable[[str], str]) -> None:
        file = source("if True:\n    x = 1   \n")

        assert render_diagnostic("bad", where=SourceLocation(file, 2)).splitlines()[2:] == [
            "  |",
            "2 |     x = 1",
            "  |     ^^^^^",
        ]

    def test_without_a_place_headline_and_remarks_remain(self) -> None:
        assert render_diagnostic("bad", notes=["why"], help="how") == "error: bad\n  = note: why\n  = help: how"

    def test_a_remark_of_several_lines_stays_aligned(self) -> None:
        assert render_diagnostic("bad", notes=["one\ntwo"]).splitlines()[1:] == ["  = note: one", "          two"]

    def test_colours_wrap_the_same_text(self, source: Callable[[str], str]) -> None:
        where = SourceLocation(source("x = 1\n"), 1)
        coloured = render_diagnostic("bad", code="E200", where=where, help="how", color=True)

        assert "\x1b[1;31merror[E200]\x1b[0m" in coloured
        stripped = functools.reduce(
            lambda text, code: text.replace(f"\x1b[{code}m", ""), ("0", "1", "1;31", "1;34"), coloured
        )
        assert stripped == render_diagnostic("bad", code="E200", where=where, help="how")

    def test_the_password_in_the_users_line_is_masked_and_the_carets_still_fit(
        self, source: Callable[[str], str]
    ) -> None:
        file = source('PostgresConfig("postgresql://u:secret@h/db", pool_size=0)\n')
        where = SourceLocation(file, 1).at_keyword("pool_size")

        assert render_diagnostic("bad", where=where).splitlines()[3:] == [
            '1 | PostgresConfig("postgresql://u:***@h/db", pool_size=0)',
            "  |                                                     ^",
        ]

    def test_carets_that_begin_inside_a_password_do_not_tell_its_length(self, source: Callable[[str], str]) -> None:
        line = 'PostgresConfig("postgresql://u:secret@h/db")\n'
        start = line.index("secret")

        shown = {
            render_diagnostic("bad", where=SourceLocation(source(line), 1, start + begin, start + end))
            for begin, end in ((1, 2), (0, 6), (3, 5))
        }

        assert {text.splitlines()[4].count("^") for text in shown} == {3}

    def test_the_password_in_a_message_or_remark_is_masked(self) -> None:
        url = "postgresql://user:secret@host/db"
        error = HorsiesError(f"no {url}", notes=[f"tried {url}"], help=f"not {url}")

        for text in (str(error), repr(error), error.message, *error.args, *error.notes, error.help):
            assert "secret" not in str(text)


class TestTheExcerpt:
    def shown(self, file: str, line: int, column: int | None = None, end: int | None = None) -> list[str]:
        return render_diagnostic("bad", where=SourceLocation(file, line, column, end)).splitlines()[2:]

    def test_a_missing_file_leaves_the_excerpt_out(self) -> None:
        assert render_diagnostic("bad", where=SourceLocation("/gone/app.py", 3)) == "error: bad\n --> /gone/app.py:3"

    @pytest.mark.parametrize("line", [-1, 0, 2, 10_000])
    def test_a_line_out_of_range_leaves_the_excerpt_out(self, source: Callable[[str], str], line: int) -> None:
        assert self.shown(source("x = 1\n"), line) == []

    def test_a_file_that_is_not_text_leaves_the_excerpt_out(self, source: Callable[[str], str]) -> None:
        file = source("")
        Path(file).write_bytes(b"\xff\xfe\x00x = 1\n")

        assert self.shown(file, 1) == []

    def test_tabs_count_as_four_columns_above_and_below(self, source: Callable[[str], str]) -> None:
        assert self.shown(source("\tx =\t1\n"), 1, 5, 6) == ["  |", "1 |     x =    1", "  |            ^"]

    def test_wide_characters_take_two_columns_above_and_below(self, source: Callable[[str], str]) -> None:
        assert self.shown(source("f('日本', '語')\n"), 1, 9, 10) == [
            "  |",
            "1 | f('日本', '語')",
            "  |" + " " * 12 + "^^",
        ]

    def test_columns_beyond_the_line_are_clipped(self, source: Callable[[str], str]) -> None:
        assert self.shown(source("x = 1\n"), 1, 4, 99) == ["  |", "1 | x = 1", "  |     ^"]
        assert self.shown(source("x = 1\n"), 1, 50, 99) == ["  |", "1 | x = 1", "  |      ^"]

    def test_escape_sequences_do_not_reach_the_terminal(self, source: Callable[[str], str]) -> None:
        assert "\x1b" not in "".join(self.shown(source("x = '\x1b[2J'\n"), 1))

    def test_it_shows_the_file_as_it_is_now(self, source: Callable[[str], str]) -> None:
        self.shown(source("before\n"), 1)

        assert "after, and longer" in self.shown(source("after, and longer\n"), 1)[1]


class TestFindingThePlace:
    def test_a_keyword_is_found_in_a_call_over_several_lines(self, source: Callable[[str], str]) -> None:
        file = source("config = AppConfig(\n    broker=PostgresConfig(),\n    cluster_wide_cap=0,\n)\n")

        assert SourceLocation(file, 1).at_keyword("cluster_wide_cap") == SourceLocation(file, 3, 21, 22)

    def test_of_nested_calls_the_one_on_the_line_is_meant(self, source: Callable[[str], str]) -> None:
        file = source("outer(\n    name=1,\n    inner=f(\n        name=2,\n    ),\n)\n")

        assert SourceLocation(file, 3).at_keyword("name").line == 4
        assert SourceLocation(file, 1).at_keyword("name").line == 2

    def test_a_value_over_several_lines_is_marked_on_its_first(self, source: Callable[[str], str]) -> None:
        file = source("f(queues=[\n    1,\n])\n")

        assert SourceLocation(file, 1).at_keyword("queues") == SourceLocation(file, 1, 9, 10)

    @pytest.mark.parametrize("text", ["f(other=1)\n", "x = 1\n", "f(name=\n", ""])
    def test_a_keyword_that_is_not_found_leaves_the_place_as_it_was(
        self, source: Callable[[str], str], text: str
    ) -> None:
        where = SourceLocation(source(text), 1)

        assert where.at_keyword("name") == where

    def test_a_function_is_found_at_its_def_below_its_decorators(self) -> None:
        @functools.lru_cache(
            maxsize=1,
        )
        def decorated() -> None: ...

        where = SourceLocation.of_function(decorated)

        assert where is not None
        lines = Path(where.file).read_text(encoding="utf-8").splitlines()
        assert lines[where.line - 1].strip() == "def decorated() -> None: ..."

    def test_a_function_that_wraps_itself_is_found_all_the_same(self) -> None:
        def circular() -> None: ...

        circular.__wrapped__ = circular  # pyright: ignore[reportFunctionMemberAccess]

        assert SourceLocation.of_function(circular) is not None

    def test_a_builtin_has_no_place(self) -> None:
        assert SourceLocation.of_function(len) is None

    def test_the_caller_is_the_first_line_outside_the_packages_to_skip(self) -> None:
        ours: dict[str, Any] = {"__name__": "horsies_core.somewhere", "SourceLocation": SourceLocation}
        exec("def look(): return SourceLocation.of_caller()", ours)
        alike: dict[str, Any] = {"__name__": "horsies_plugin", "look": ours["look"]}
        exec("def call(): return look()", alike)

        assert ours["look"]().file == __file__
        assert alike["call"]().file == "<string>"


class TestTheFamily:
    def test_errors_are_also_what_callers_of_python_expect(self) -> None:
        assert issubclass(ConfigurationError, ValueError)
        assert issubclass(TaskDefinitionError, TypeError)
        assert issubclass(MultipleValidationErrors, ValueError)

    def test_the_repr_is_short_and_tells_the_code(self) -> None:
        error = ConfigurationError("bad", code=ErrorCode.BROKER_INVALID_URL, help="not in the repr")

        assert repr(error) == "ConfigurationError('bad', code=E203)"
        assert repr(HorsiesError("bad")) == "HorsiesError('bad')"

    def test_a_broker_error_names_the_tasks_whose_fate_is_unknown(self) -> None:
        assert BrokerError("lost", task_ids=["a", "b"]).task_ids == ("a", "b")
        assert BrokerError("lost").task_ids == ()

    def test_every_code_is_one_letter_and_three_digits_and_stands_for_one_fault(self) -> None:
        values = [code.value for code in ErrorCode]

        assert len(set(values)) == len(ErrorCode.__members__)
        assert all(value[0] == "E" and value[1:].isdigit() and len(value) == 4 for value in values)


class TestSeveralFaults:
    def test_no_fault_raises_nothing(self) -> None:
        raise_all([])

    def test_one_fault_is_raised_as_itself(self) -> None:
        fault = ConfigurationError("bad")

        with pytest.raises(ConfigurationError) as caught:
            raise_all([fault])

        assert caught.value is fault

    def test_several_are_rendered_each_and_counted(self) -> None:
        with pytest.raises(MultipleValidationErrors) as caught:
            raise_all([ConfigurationError(text, code=ErrorCode.CONFIG_INVALID_PREFETCH) for text in "abc"])

        assert str(caught.value) == (
            "error[E202]: a\n\nerror[E202]: b\n\nerror[E202]: c\n\nerror: 3 errors in the configuration"
        )

    def test_faults_found_together_elsewhere_are_counted_one_by_one(self) -> None:
        inner = MultipleValidationErrors([HorsiesError("a"), HorsiesError("b")])
        outer = MultipleValidationErrors([inner, HorsiesError("c")], subject="app.py")

        assert [error.message for error in outer.errors] == ["a", "b", "c"]
        assert str(outer).endswith("error: 3 errors in app.py")


class TestColour:
    class Terminal:
        def isatty(self) -> bool:
            return True

    class Pipe:
        def isatty(self) -> bool:
            return False

    def test_a_terminal_gets_colour_and_a_pipe_does_not(self) -> None:
        assert wants_color(self.Terminal(), {})
        assert not wants_color(self.Pipe(), {})

    def test_no_color_and_a_dumb_terminal_turn_it_off(self) -> None:
        assert not wants_color(self.Terminal(), {"NO_COLOR": "1"})
        assert not wants_color(self.Terminal(), {"TERM": "dumb"})

    def test_an_empty_no_color_does_not_count(self) -> None:
        assert wants_color(self.Terminal(), {"NO_COLOR": ""})
