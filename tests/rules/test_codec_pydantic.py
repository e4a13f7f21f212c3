"""Pydantic models travel by pydantic's own rules, and pydantic is never imported for those who do not use it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from horsies_core.codec import ArgumentDecodeError, ArgumentsCodec, ArgumentTypeError, ResultCodec
from horsies_core.errors import SerializationError
from horsies_core.result import TaskResult


def test_the_codec_does_not_import_pydantic() -> None:
    program = "import sys, horsies_core.codec as codec; codec.ResultCodec(int); print('pydantic' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


class TestModels:
    pydantic: Any

    @pytest.fixture(autouse=True)
    def _models(self) -> None:
        pydantic: Any = pytest.importorskip("pydantic", reason="pydantic is optional, for users and for this test")

        class Line(pydantic.BaseModel):
            __annotations__ = {"price": Decimal, "tags": set[int], "when": datetime}
            tags = frozenset[int]()

        class Invoice(pydantic.BaseModel):
            __annotations__ = {"my_id": UUID, "lines": list[Line], "names": dict[int, str]}
            model_config = pydantic.ConfigDict(strict=True)
            my_id = pydantic.Field(alias="myId")

        class Measure(pydantic.BaseModel):
            __annotations__ = {"value": float}

        self.line: Any = Line
        self.invoice: Any = Invoice
        self.measure: Any = Measure

    def new_invoice(self) -> Any:
        line = self.line(price="1.10", tags={1, 2}, when=datetime(2031, 1, 1))  # noqa: DTZ001
        return self.invoice(myId=UUID(int=1), lines=[line], names={1: "x"})

    def codec(self, annotation: Any) -> ArgumentsCodec:
        def a_task(value: Any) -> None: ...

        a_task.__annotations__["value"] = annotation
        return ArgumentsCodec.for_function(a_task, "a_task")

    def test_a_model_comes_back_as_it_was(self) -> None:
        invoice = self.new_invoice()
        codec = self.codec(list[self.invoice] | None)
        assert codec.decode(codec.encode(([invoice],), {})) == ((), {"value": [invoice]})
        results = ResultCodec(self.invoice)
        assert results.decode(results.encode(TaskResult(ok=invoice))) == TaskResult(ok=invoice)

    def test_a_model_of_another_class_is_refused(self) -> None:
        with pytest.raises(ArgumentTypeError, match="value: expected Line, got Invoice"):
            self.codec(self.line).encode((self.new_invoice(),), {})

    def test_a_model_that_no_longer_fits_itself_is_refused(self) -> None:
        invoice = self.new_invoice()
        invoice.lines[0].price = "cheap"
        with pytest.raises(ArgumentTypeError, match="value: Invoice cannot be written"):
            self.codec(self.invoice).encode((invoice,), {})

    def test_nan_in_a_model_is_refused(self) -> None:
        with pytest.raises(SerializationError, match="nan has no JSON form"):
            self.codec(self.measure).encode((self.measure(value=float("nan")),), {})

    def test_stored_text_that_does_not_fit_is_a_decode_error(self) -> None:
        with pytest.raises(ArgumentDecodeError, match="value: Invoice refused it"):
            self.codec(self.invoice).decode('{"value":{"myId":"x","lines":[],"names":{}}}')
