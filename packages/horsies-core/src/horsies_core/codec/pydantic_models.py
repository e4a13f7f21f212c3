"""Pydantic models, through pydantic's own serialisation.

Pydantic is never imported here: a model exists only if the user's code has imported it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from horsies_core.annotations import Annotation, is_class
from horsies_core.codec.hooks import Decoder, Encoder
from horsies_core.codec.json_text import JsonTree
from horsies_core.codec.misfit import Misfit, wrong_type
from horsies_core.codec.plain import encode_plain


def is_pydantic_model(annotation: Annotation) -> bool:
    """Tell whether this is a model of pydantic 2 or later."""
    pydantic = sys.modules.get("pydantic")
    model: Any = getattr(pydantic, "BaseModel", None)
    return model is not None and hasattr(model, "model_dump") and is_class(annotation) and issubclass(annotation, model)


def model_encoder(model: Any, _converter: object) -> Encoder:
    def encode(value: Any) -> JsonTree:
        # Exactly this class: fields that a subclass adds would be lost.
        if type(value) is not model:
            raise wrong_type(model.__name__, value)
        try:
            tree = value.model_dump(mode="json", by_alias=True, round_trip=True, warnings="error")
        except Exception as error:
            # pydantic_core's errors, and whatever a user's serializer raises.
            raise Misfit(f"{model.__name__} cannot be written: {error}") from error
        return encode_plain(tree)

    return encode


def model_decoder(model: Any, _converter: object) -> Decoder:
    def decode(tree: JsonTree, _annotation: object) -> Any:
        try:
            # As JSON and not as Python values: only then does a strict model accept a str for a datetime.
            return model.model_validate_json(json.dumps(tree))
        except Exception as error:
            # pydantic_core's errors, and whatever a user's validator raises.
            raise Misfit(f"{model.__name__} refused it: {error}") from error

    return decode
