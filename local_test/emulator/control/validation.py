"""What a service's model says about a request, checked and refused in the service's own words.

botocore has the models as data. Members that the model doesn't know are ignored, as AWS ignores them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

from local_test.emulator.control.patterns import matches
from local_test.emulator.errors import ServiceError, ValidationError

SIMPLE: Final = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "boolean": (bool,),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
"""What JSON has for each of a model's types; a Boolean is no number here."""


class Model:
    """A service's model."""

    def __init__(self, service: str) -> None:
        self._model: ServiceModel = botocore.session.get_session().get_service_model(service)

    def check(self, operation: str, members: dict[str, Any]) -> None:
        """Raises SerializationException for a member of another type, ValidationException for whatever else."""
        shape = self._model.operation_model(operation).input_shape
        if shape is None:
            return
        if not isinstance(members, dict):
            raise ServiceError("SerializationException", "Start of structure or map found where not expected.")
        broken = list(_violations(shape, members, ""))
        if broken:
            errors = "error" if len(broken) == 1 else "errors"
            raise ValidationError(f"{len(broken)} validation {errors} detected: {'; '.join(broken)}")

    def answer(self, operation: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """What of a document an operation answers: the members that its answer has."""
        shape = self._model.operation_model(operation).output_shape
        return _known(shape, document) if isinstance(shape, StructureShape) else {}

    def structure(self, name: str, document: Mapping[str, Any]) -> dict[str, Any]:
        """What of a document is in one of the model's structures, as in a list's summaries."""
        return _known(self._model.shape_for(name), document)


def _known(shape: Any, document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: document[name] for name in shape.members if document.get(name) is not None}


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """In the order in which the model has the members."""
    _check_type(shape, value)
    for constraint in _broken(shape, value):
        yield f"{_value(shape, value)} at '{path}' failed to satisfy constraint: {constraint}"
    if isinstance(shape, StructureShape):
        yield from _in_structure(shape, value, path)
    elif isinstance(shape, ListShape):
        yield from _in_list(shape, value, path)
    elif isinstance(shape, MapShape):
        yield from _in_map(shape, value, path)


def _check_type(shape: Shape, value: Any) -> None:
    wanted = SIMPLE[shape.type_name]
    if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
        raise ServiceError(
            "SerializationException", f"{_json_type(value)} can not be converted to {_article(shape.type_name)}"
        )


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return f"{str(value).upper()}_VALUE"
    if isinstance(value, (int, float)):
        return "NUMBER_VALUE"
    names: dict[Any, str] = {str: "STRING_VALUE", dict: "Start of structure or map", list: "Start of list"}
    return names.get(type(value), "NULL_VALUE")


def _article(type_name: str) -> str:
    return f"{'an' if type_name == 'integer' else 'a'} {type_name.capitalize()}"


def _in_structure(shape: StructureShape, members: dict[str, Any], path: str) -> Iterator[str]:
    given = [name for name in shape.members if members.get(name) is not None]
    if getattr(shape, "is_tagged_union", False) and len(given) > 1:
        yield f"Value at '{path}' failed to satisfy constraint: Exactly one member of the union must be set"
    for name, member in shape.members.items():
        at = f"{path}.{_camel(name)}" if path else _camel(name)
        if name in given:
            yield from _violations(member, members[name], at)
        elif name in shape.required_members:
            yield f"Value null at '{at}' failed to satisfy constraint: Member must not be null"


def _in_list(shape: ListShape, values: list[Any], path: str) -> Iterator[str]:
    member = shape.member
    if _is_simple(member):
        yield from _elements(member, values, f"{_value(shape, values)} at '{path}'", "Member must satisfy constraint")
        return
    for number, value in enumerate(values, 1):
        yield from _violations(member, value, f"{path}.{number}.member")


def _in_map(shape: MapShape, entries: dict[str, Any], path: str) -> Iterator[str]:
    at = f"{_value(shape, entries)} at '{path}'"
    yield from _elements(shape.key, list(entries), at, "Map keys must satisfy constraint")
    if _is_simple(shape.value):
        yield from _elements(shape.value, list(entries.values()), at, "Map value must satisfy constraint")
        return
    for key, value in entries.items():
        yield from _violations(shape.value, value, f"{path}.{key}.member")


def _elements(shape: Shape, values: list[Any], at: str, rule: str) -> Iterator[str]:
    """AWS names a collection of simple values as a whole, with all that its elements have to satisfy."""
    for value in values:
        _check_type(shape, value)
    if any(_broken(shape, value) for value in values):
        yield f"{at} failed to satisfy constraint: {rule}: [{', '.join(_constraints(shape))}]"


def _is_simple(shape: Shape) -> bool:
    return not isinstance(shape, (StructureShape, ListShape, MapShape))


def _broken(shape: Shape, value: Any) -> list[str]:
    """The constraints that a value doesn't satisfy."""
    return [words for words, satisfied in _rules(shape, value) if not satisfied]


def _constraints(shape: Shape) -> list[str]:
    """All that there are."""
    return [words for words, _ in _rules(shape, "" if shape.type_name == "string" else 0)]


def _rules(shape: Shape, value: Any) -> Iterator[tuple[str, bool]]:
    """A shape's constraints in words, and whether the value satisfies them."""
    limits = shape.metadata
    measured, what = (len(value), "have length") if isinstance(value, (str, list, dict)) else (value, "have value")
    if "max" in limits:
        yield f"Member must {what} less than or equal to {limits['max']}", measured <= limits["max"]
    if "min" in limits:
        yield f"Member must {what} greater than or equal to {limits['min']}", measured >= limits["min"]
    if "pattern" in limits:
        words = f"Member must satisfy regular expression pattern: {limits['pattern']}"
        yield words, not isinstance(value, str) or matches(limits["pattern"], value)
    if "enum" in limits:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]", value in limits["enum"]


def _value(shape: Shape, value: Any) -> str:
    """As Java prints it; what is sensitive isn't printed."""
    return "Value" if shape.metadata.get("sensitive") else f"Value '{_printed(value)}'"


def _printed(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return f"[{', '.join(_printed(item) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}={_printed(item)}' for key, item in value.items())}}}"
    return str(value)


def _camel(name: str) -> str:
    return name[:1].lower() + name[1:]
