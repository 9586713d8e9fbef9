import botocore.session
import pytest
from botocore.model import ListShape, MapShape, StructureShape

from local_test.emulator.control.patterns import matches
from local_test.emulator.control.validation import Model
from local_test.emulator.errors import ServiceError

SAGEMAKER = Model("sagemaker")


def patterns(shape, seen):
    if shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    inner = []
    if isinstance(shape, StructureShape):
        inner = shape.members.values()
    elif isinstance(shape, ListShape):
        inner = [shape.member]
    elif isinstance(shape, MapShape):
        inner = [shape.key, shape.value]
    for one in inner:
        yield from patterns(one, seen)


@pytest.mark.parametrize("service", ["sagemaker", "application-autoscaling"])
def test_every_pattern_of_the_services_can_be_matched(service):
    model = botocore.session.get_session().get_service_model(service)
    seen = set()
    found = {
        pattern
        for name in model.operation_names
        if (shape := model.operation_model(name).input_shape) is not None
        for pattern in patterns(shape, seen)
    }
    assert found
    for pattern in found:
        matches(pattern, "a")


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "café 7:ж", True),
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", "a#", False),
        (r"([\p{L}]*)${1,128}", "abc", True),
        (r"\p{Print}+", "a b", True),
        (r"\p{Print}+", "a\n", False),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "a\N{EVERGREEN TREE}", True),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*", "\0", False),
        ("[a-z]+", "abc\n", False),
    ],
)
def test_javas_patterns(pattern, text, expected):
    assert matches(pattern, text) is expected


def message(operation, members):
    with pytest.raises(ServiceError) as caught:
        SAGEMAKER.check(operation, members)
    return f"{caught.value.code}: {caught.value.message}"


def test_maps_and_lists_of_simple_values_are_named_as_a_whole():
    members = {"ModelName": "a", "PrimaryContainer": {"Environment": {"1": "x"}}}
    assert message("CreateModel", members) == (
        "ValidationException: 1 validation error detected: Value '{1=x}' at 'primaryContainer.environment' failed to "
        "satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, "
        "Member must have length greater than or equal to 0, Member must satisfy regular expression pattern: "
        "[a-zA-Z_][a-zA-Z0-9_]*]"
    )


def test_types_are_said_as_the_protocol_says_them():
    assert message("CreateModel", {"ModelName": 7}) == (
        "SerializationException: NUMBER_VALUE can not be converted to a String"
    )
    assert message("ListModels", {"MaxResults": "7"}) == (
        "SerializationException: STRING_VALUE can not be converted to an Integer"
    )
    assert message("ListModels", []).startswith("SerializationException")
    assert message("CreateModel", {"ModelName": "a", "Tags": [None]}).startswith("SerializationException")


def test_what_the_model_doesnt_know_is_ignored():
    SAGEMAKER.check("CreateModel", {"ModelName": "a", "Nonsense": 1, "VpcConfig": None})
