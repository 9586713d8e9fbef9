"""Requests made up from SageMaker's own model: a valid one passes, and of a broken one the broken member is named."""

import copy

import botocore.session
import pytest
from botocore.model import ListShape, MapShape, StructureShape
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from local_test.emulator.control.patterns import matches
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ServiceError

MODEL = botocore.session.get_session().get_service_model("sagemaker")
CHECK = Model("sagemaker").check
OPERATIONS = (
    "CreateModel",
    "CreateEndpointConfig",
    "CreateEndpoint",
    "UpdateEndpoint",
    "UpdateEndpointWeightsAndCapacities",
    "CreateTransformJob",
    "ListEndpoints",
    "AddTags",
)
DEEPEST = 3
TEXTS = ["a", "ab", "s3://bucket/key", "arn:aws:iam::123456789012:role/abc", "ml.m5.large", "sha256:" + "0" * 64]
TEXTS += ["arn:aws:sagemaker:eu-west-1:123456789012:endpoint/a", "application/json", "2030-01-01T00:00:00Z", "1.0", ""]
TEXTS += ["arn:aws:kms:eu-west-1:123456789012:key/a", "arn:aws:sns:eu-west-1:123456789012:a", "s3://bucket/key.tar.gz"]
TEXTS += ["sg-1", "subnet-12345", "arn:aws:sagemaker:eu-west-1:123456789012:hub/a", "P1Y", "a" * 20]
SETTINGS = settings(max_examples=100, suppress_health_check=list(HealthCheck))


def text(shape):
    limits = shape.metadata
    if "enum" in limits:
        return st.sampled_from(limits["enum"])
    fit = [
        text
        for text in TEXTS
        if limits.get("min", 0) <= len(text) <= limits.get("max", 10_000)
        and matches(limits.get("pattern", "(?s).*"), text)
    ]
    return st.sampled_from(fit) if fit else st.nothing()


def number(shape):
    least, most = shape.metadata.get("min", -1000), shape.metadata.get("max", 100_000)
    return st.floats(least, most) if shape.type_name in ("float", "double") else st.integers(least, most)


def valid(shape, depth=0):
    """Values of a shape: whatever the model allows, with optional members down to some depth."""
    if isinstance(shape, StructureShape):
        return structure(shape, depth)
    if isinstance(shape, ListShape):
        least, member = shape.metadata.get("min", 0), valid(shape.member, depth + 1)
        if member.is_empty:
            return st.nothing() if least else st.just([])
        return st.lists(member, min_size=least, max_size=max(least, 2))
    if isinstance(shape, MapShape):
        key, value = valid(shape.key, depth + 1), valid(shape.value, depth + 1)
        least = shape.metadata.get("min", 0)
        return (
            st.nothing() if key.is_empty or value.is_empty else st.dictionaries(key, value, min_size=least, max_size=1)
        )
    if shape.type_name in ("boolean", "timestamp"):
        return st.booleans() if shape.type_name == "boolean" else st.floats(0, 4e9)
    return text(shape) if shape.type_name == "string" else number(shape)


def structure(shape, depth):
    required = {name: valid(shape.members[name], depth + 1) for name in shape.required_members}
    if any(member.is_empty for member in required.values()):
        return st.nothing()
    optional = {}
    for name in set(shape.members) - set(required) if depth < DEEPEST else ():
        member = valid(shape.members[name], depth + 1)
        if not member.is_empty:
            optional[name] = member
    if getattr(shape, "is_tagged_union", False):
        return st.one_of(*(st.fixed_dictionaries({name: member}) for name, member in optional.items()))
    return st.fixed_dictionaries(required, optional=dict(sorted(optional.items())))


STRATEGIES = {name: valid(MODEL.operation_model(name).input_shape) for name in OPERATIONS}
REQUESTS = st.sampled_from(OPERATIONS).flatmap(lambda name: st.tuples(st.just(name), STRATEGIES[name]))


def places(shape, value, path=()):
    """Every member in a request: its shape and the way to it."""
    if path:
        yield shape, path
    if isinstance(shape, StructureShape):
        for name in value:
            yield from places(shape.members[name], value[name], (*path, name))
    elif isinstance(shape, ListShape) and isinstance(shape.member, StructureShape):
        for number, item in enumerate(value):
            yield from places(shape.member, item, (*path, number))


def spoken(path):
    parts = [f"{part + 1}.member" if isinstance(part, int) else part[:1].lower() + part[1:] for part in path]
    return ".".join(parts)


def put(request, path, value):
    broken = copy.deepcopy(request)
    inside = broken
    for part in path[:-1]:
        inside = inside[part]
    inside[path[-1]] = value
    return broken


def broken_value(shape):
    limits = shape.metadata
    if shape.type_name == "string":
        return "\0" * (limits["max"] + 1) if "max" in limits else "\0" if {"pattern", "enum"} & set(limits) else None
    if shape.type_name in ("integer", "float", "double"):
        return limits["max"] + 1 if "max" in limits else limits["min"] - 1 if "min" in limits else None
    return None


@SETTINGS
@given(REQUESTS)
def test_a_valid_request_passes(case):
    CHECK(*case)


@SETTINGS
@given(REQUESTS, st.data())
def test_the_one_broken_member_is_named(case, data):
    operation, request = case
    shape = MODEL.operation_model(operation).input_shape
    breakable = [(broken_value(one), path) for one, path in places(shape, request) if broken_value(one) is not None]
    assume(breakable)
    value, path = data.draw(st.sampled_from(breakable))
    with pytest.raises(ServiceError) as caught:
        CHECK(operation, put(request, path, value))
    assert caught.value.code == "ValidationException"
    places_named = {part.partition("'")[0] for part in caught.value.message.split(" at '")[1:]}
    assert places_named == {spoken(path)}


@SETTINGS
@given(REQUESTS, st.data())
def test_a_missing_member_is_named(case, data):
    operation, request = case
    shape = MODEL.operation_model(operation).input_shape
    needed = [
        (*path, name)
        for one, path in [(shape, ()), *places(shape, request)]
        if isinstance(one, StructureShape)
        for name in one.required_members
    ]
    assume(needed)
    path = data.draw(st.sampled_from(needed))
    with pytest.raises(ServiceError) as caught:
        CHECK(operation, put(request, path, None))
    assert caught.value.message == (
        f"1 validation error detected: Value null at '{spoken(path)}' failed to satisfy constraint: Member must not be "
        "null"
    )


@SETTINGS
@given(REQUESTS, st.data())
def test_a_member_of_another_type_is_refused(case, data):
    operation, request = case
    shape = MODEL.operation_model(operation).input_shape
    found = list(places(shape, request))
    assume(found)
    one, path = data.draw(st.sampled_from(found))
    other = 7 if one.type_name in ("string", "boolean", "structure", "list", "map") else "7"
    with pytest.raises(ServiceError) as caught:
        CHECK(operation, put(request, path, other))
    assert caught.value.code == "SerializationException"
