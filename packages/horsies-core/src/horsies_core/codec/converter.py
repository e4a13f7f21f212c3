"""The cattrs converter of horsies: every supported kind of annotation, with the hooks that encode and decode it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from operator import is_
from types import NoneType
from typing import Any, NoReturn, get_args

from cattrs import BaseConverter

from horsies_core.annotations import (
    Annotation,
    UnresolvedAnnotation,
    alias_value,
    bare,
    is_alias,
    is_union,
    name_of,
)
from horsies_core.codec import containers, enumerations, objects, pydantic_models, scalars, task_results, unions
from horsies_core.codec.hooks import Decoder, Encoder, alias_decoder, alias_encoder, encoder_of
from horsies_core.codec.misfit import Unsupported
from horsies_core.codec.object_fields import has_fields, object_fields
from horsies_core.codec.plain import decode_plain, encode_plain

_SCALARS: tuple[tuple[type, Encoder, Decoder], ...] = (
    (NoneType, scalars.encode_none, scalars.decode_none),
    (bool, scalars.encode_bool, scalars.decode_bool),
    (int, scalars.encode_int, scalars.decode_int),
    (float, scalars.encode_float, scalars.decode_float),
    (str, scalars.encode_str, scalars.decode_str),
    *((form.kind, form.encode, form.decode) for form in scalars.TEXT_FORMS),
)

# Which annotations, and who makes the encoder and the decoder for one. The first that matches decides.
_FAMILIES: tuple[tuple[Callable[[Any], bool], Callable[..., Encoder], Callable[..., Decoder]], ...] = (
    (is_alias, alias_encoder, alias_decoder),
    (is_union, unions.union_encoder, unions.union_decoder),
    (enumerations.is_literal, enumerations.literal_encoder, enumerations.literal_decoder),
    (scalars.is_path, scalars.path_encoder, scalars.path_decoder),
    (task_results.is_task_result, task_results.task_result_encoder, task_results.task_result_decoder),
    (task_results.is_task_error, task_results.task_error_encoder, task_results.task_error_decoder),
    (pydantic_models.is_pydantic_model, pydantic_models.model_encoder, pydantic_models.model_decoder),
    (has_fields, objects.object_encoder, objects.object_decoder),
    (containers.is_array, containers.array_encoder, containers.array_decoder),
    (containers.is_tuple, containers.tuple_encoder, containers.tuple_decoder),
    (containers.is_mapping, containers.mapping_encoder, containers.mapping_decoder),
)


@cache
def shared_converter() -> BaseConverter:
    """Return the converter, made at first use."""
    # cattrs asks the predicate registered last first: the refusal of everything else goes in before all others.
    converter = BaseConverter()
    _register(converter, lambda _: True, _refuse, _refuse)
    for matches, make_encoder, make_decoder in reversed(_FAMILIES):
        _register(converter, matches, make_encoder, make_decoder)
    for kind, encode, decode in (*_SCALARS, (Any, encode_plain, decode_plain)):
        converter.register_unstructure_hook_func(partial(is_, kind), encode)
        converter.register_structure_hook_func(partial(is_, kind), decode)
        if kind in scalars.CAPTURED_BY_CATTRS:
            converter.register_unstructure_hook(kind, encode)
            converter.register_structure_hook(kind, decode)
    return converter


def _register(
    converter: BaseConverter,
    matches: Callable[[Any], bool],
    make_encoder: Callable[..., Encoder],
    make_decoder: Callable[..., Decoder],
) -> None:
    def encoder(annotation: Any, converter: BaseConverter) -> Encoder:
        return make_encoder(annotation, converter)

    def decoder(annotation: Any, converter: BaseConverter) -> Decoder:
        return make_decoder(annotation, converter)

    converter.register_unstructure_hook_factory(matches, encoder)
    converter.register_structure_hook_factory(matches, decoder)


def _refuse(annotation: Annotation, _converter: object) -> NoReturn:
    raise Unsupported(f"{name_of(annotation)} has no JSON form")


def check_supported(annotation: Annotation, converter: BaseConverter) -> None:
    """Raises Unsupported, with the path, if values of an annotation or of any part of it cannot be stored.

    Building the hooks finds most of it, but not what lies behind a class: its fields are looked up at first use.
    """
    _check_supported(annotation, converter, set())


def _check_supported(annotation: Annotation, converter: BaseConverter, seen: set[Any]) -> None:
    annotation = bare(annotation)
    if annotation in seen:
        return
    seen.add(annotation)
    try:
        encoder_of(annotation, converter)
        parts = tuple(_parts(annotation))
    except UnresolvedAnnotation as error:
        raise Unsupported(str(error)) from None
    for step, part in parts:
        try:
            _check_supported(part, converter, seen)
        except Unsupported as fault:
            raise fault.at(step) from None


def _parts(annotation: Annotation) -> Iterator[tuple[str, Annotation]]:
    if is_alias(annotation):
        yield "", alias_value(annotation)
    elif enumerations.is_literal(annotation):
        return
    elif has_fields(annotation) and not task_results.is_result_type(annotation):
        for field in object_fields(annotation):
            yield f".{field.name}", field.annotation
    else:
        for argument in get_args(annotation):
            if argument is not ... and argument != ():
                yield "", argument
