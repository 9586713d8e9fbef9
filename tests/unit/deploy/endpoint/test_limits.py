"""SageMaker's limits, from both sides of each edge, and against what botocore's models say today."""

from __future__ import annotations

import botocore.session
import pytest

from deploy.aws.s3 import S3Uri
from deploy.aws.sagemaker import instance_types
from deploy.endpoint import limits
from deploy.endpoint.names import NAME_CHARS, derived
from deploy.endpoint.spec import Instances, Network, Range, Serverless
from deploy.errors import LimitError

TYPES = frozenset({"ml.m5.large", "ml.m5.xlarge"})
ARN = "arn:aws:iam::123456789012:role/"


def service(name: str):
    return botocore.session.get_session().get_service_model(name)


def breach(check, *arguments) -> LimitError:
    with pytest.raises(LimitError) as caught:
        check(*arguments)
    message = caught.value.message
    assert message.endswith(".")
    assert len(message.splitlines()) == 1
    assert len(message) < 250
    return caught.value


@pytest.mark.parametrize("shape", ["EndpointName", "EndpointConfigName", "ModelName", "VariantName"])
def test_names_are_as_botocore_has_them(shape):
    model = service("sagemaker").shape_for(shape).metadata
    assert model["max"] == limits.NAME_CHARS == NAME_CHARS
    if shape != "ModelName":  # says the same in other words
        assert model["pattern"] == limits.NAME.pattern


def test_numbers_are_as_botocore_has_them():
    def of(shape):
        return service("sagemaker").shape_for(shape).metadata

    memory = of("ServerlessMemorySizeInMB")
    assert (memory["min"], memory["max"]) == (limits.MEMORY_SIZES_MB[0], limits.MEMORY_SIZES_MB[-1])
    for shape in ("ServerlessMaxConcurrency", "ServerlessProvisionedConcurrency"):
        assert (of(shape)["min"], of(shape)["max"]) == (1, limits.MAX_CONCURRENCY)
    assert of("EnvironmentMap")["max"] == limits.VARIABLES
    assert of("EnvironmentKey")["max"] == of("EnvironmentValue")["max"] == limits.VARIABLE_BYTES
    assert of("EnvironmentKey")["pattern"] == limits._VARIABLE.pattern
    assert of("ContainerImage")["max"] == limits.IMAGE_CHARS
    assert of("Url")["max"] == limits.URL_CHARS
    assert of("DestinationS3Uri")["max"] == limits.ASYNC_URL_CHARS
    assert of("TagList")["max"] == limits.TAGS
    assert (of("TagKey")["max"], of("TagValue")["max"]) == (limits.TAG_KEY_CHARS, limits.TAG_VALUE_CHARS)
    assert of("TagKey")["pattern"] == of("TagValue")["pattern"] == r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
    assert (of("Subnets")["max"], of("VpcSecurityGroupIds")["max"]) == (limits.SUBNETS, limits.SECURITY_GROUPS)
    assert of("SubnetId") == of("SecurityGroupId")
    assert (of("SubnetId")["max"], of("SubnetId")["pattern"]) == (32, "[-0-9a-zA-Z]+")
    assert of("RoleArn")["max"] == limits.ROLE_CHARS
    assert of("RoleArn")["pattern"].replace("\\-]", "-]") == limits.ROLE_ARN.pattern
    role = service("iam").shape_for("roleNameType").metadata
    assert limits.ROLE_NAME.pattern == r"[\w+=,.@-]{1,64}"
    assert (role["pattern"], role["min"], role["max"]) == (r"[\w+=,.@-]+", 1, 64)


def test_the_range_of_instance_types_is_botocores():
    assert {"ml.m5.large", "ml.c6i.xlarge", "ml.t2.medium"} <= instance_types()


@pytest.mark.parametrize("name", ["a", "A-1", "a--b", "9", "a" * 63, "a" + "-" * 61 + "b"])
def test_a_name(name):
    limits.check_name(name)


@pytest.mark.parametrize("name", ["", "-a", "a-", "a_b", "a.b", "ä", "a b", "a\n", "a" * 64, "a" + "-" * 62 + "b"])
def test_no_name(name):
    assert breach(limits.check_name, name).message.startswith("name takes up to 63 letters")


def test_derived_names_fit_and_are_each_endpoints_own():
    long = "a" * 52 + "-" + "b" * 10
    for name in ("a", long, "a" * 63):
        limits.check_name(derived(name, {"x": 1}))
    assert derived(long, {"x": 1}) == derived(long, {"x": 1}) != derived(long, {"x": 2})
    assert derived(long, {"x": 1}) != derived(long[:-1] + "c", {"x": 1})


@pytest.mark.parametrize("memory", limits.MEMORY_SIZES_MB)
@pytest.mark.parametrize("concurrency", [1, 200])
def test_a_serverless_endpoint(memory, concurrency):
    for provisioned in (None, Range(1, 1), Range(1, concurrency), Range(concurrency, concurrency)):
        limits.check_serverless(Serverless(memory, concurrency, provisioned))


@pytest.mark.parametrize("memory", [0, 1023, 1025, 2000, 6145, 7168])
def test_no_memory_size(memory):
    assert breach(limits.check_serverless, Serverless(memory, 5)).message == (
        f"memory takes one of 1024, 2048, 3072, 4096, 5120, 6144 (MB); this is {memory}."
    )


@pytest.mark.parametrize("concurrency", [-1, 0, 201])
def test_no_concurrency(concurrency):
    assert breach(limits.check_serverless, Serverless(1024, concurrency)).message == (
        f"max-concurrency takes 1 to 200; this is {concurrency}."
    )


@pytest.mark.parametrize(
    ("provisioned", "says"),
    [
        (Range(0, 0), "provisioned takes a number or MIN..MAX, from 1 up; this is 0."),
        (Range(0, 2), "provisioned takes a number or MIN..MAX, from 1 up; this is 0..2."),
        (Range(3, 2), "provisioned takes a number or MIN..MAX, from 1 up; this is 3..2."),
        (Range(6, 6), "provisioned takes at most max-concurrency, which is 5; this is 6."),
        (Range(1, 6), "provisioned takes at most max-concurrency, which is 5; this is 1..6."),
    ],
)
def test_no_provisioned_concurrency(provisioned, says):
    assert breach(limits.check_serverless, Serverless(1024, 5, provisioned)).message == says


def test_a_share():
    for share in (0.01, 0.7, 1):
        limits.check_share(share)
    for share in (0, 1.01, 70):
        assert f"this is {share:g}." in breach(limits.check_share, share).message


def test_instances():
    output = S3Uri("bucket", "k" * (limits.ASYNC_URL_CHARS - len("s3://bucket/")))
    limits.check_instances(Instances("ml.m5.large", Range(1, 1)), TYPES)
    limits.check_instances(Instances("ml.m5.large", Range(1, 9)), TYPES)
    limits.check_instances(Instances("ml.m5.large", Range(0, 1), output), TYPES)


@pytest.mark.parametrize(
    ("instances", "says", "hint"),
    [
        (Instances("ml.m5.larg", Range(1, 1)), "instance-type takes one of SageMaker's", "Did you mean 'ml.m5.large'?"),
        (Instances("zzz", Range(1, 1)), "instance-type takes one of SageMaker's", "Upgrade boto3"),
        (Instances("ml.m5.large", Range(0, 1)), "instances takes a number or MIN..MAX, from 1 up; this is 0..1.", ""),
        (Instances("ml.m5.large", Range(2, 1)), "instances takes a number or MIN..MAX, from 1 up; this is 2..1.", ""),
        (Instances("ml.m5.large", Range(0, 0), S3Uri("bucket", "")), "instances takes at least one", ""),
        (Instances("ml.m5.large", Range(1, 1), S3Uri("bucket", "k" * 501)), "async takes an address of up to 512", ""),
    ],
)
def test_no_instances(instances, says, hint):
    error = breach(limits.check_instances, instances, TYPES)
    assert error.message.startswith(says)
    assert hint in error.hint


def test_an_environment():
    limits.check_environment({})
    limits.check_environment({f"V{number}": "x" for number in range(100)})
    limits.check_environment({"_a9": "ä" * 512, "A" * 1024: ""})
    limits.check_environment({f"V{number:03}": "x" * 1020 for number in range(32)})  # 32 KB to the byte


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({f"V{number}": "x" for number in range(101)}, "env takes up to 100 variables; these are 101."),
        ({"9A": ""}, "env: a name has letters, digits and underscores"),
        ({"A-B": ""}, "env: a name has letters, digits and underscores"),
        ({"": ""}, "env: a name has letters, digits and underscores"),
        ({"A\n": ""}, "env: a name has letters, digits and underscores"),
        ({"-" * 5000: ""}, "env: a name has letters, digits and underscores"),
        ({"A": "x" * 1025}, "env: A's value takes up to 1024 bytes; this has 1,025."),
        ({"A": "ä" * 513}, "env: A's value takes up to 1024 bytes; this has 1,026."),
        ({"A" * 1025: ""}, f"env: {'A' * 40}'s name takes up to 1024 bytes; this has 1,025."),
        (
            {f"V{number:03}": "x" * 1020 for number in range(32)} | {"A": ""},
            "env takes up to 32,768 bytes in all; these have 32,769.",
        ),
    ],
)
def test_no_environment(environment, says):
    assert breach(limits.check_environment, environment).message.startswith(says)


def test_tags():
    limits.check_tags({f"k{number}": "" for number in range(42)})
    limits.check_tags({"k" * 128: "v" * 256, "Straße_.:/=+-@": "数 ٣\u00a0", "awsome": "aws:", "Coppice": "coppice:"})


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({f"k{number}": "" for number in range(43)}, "tags takes up to 42 (50, less 8 of ours); these are 43."),
        ({"": ""}, "tags: a key takes 1 to 128"),
        ({"k" * 129: ""}, "tags: a key takes 1 to 128"),
        ({"a,b": ""}, "tags: a key takes 1 to 128"),
        ({"a\tb": ""}, "tags: a key takes 1 to 128"),
        ({"k": "v" * 257}, "tags: 'k' takes up to 256"),
        ({"k": "a\nb"}, "tags: 'k' takes up to 256"),
        ({"k": "50%"}, "tags: 'k' takes up to 256"),
        ({"k\u2028": "*"}, "tags: 'k\\u2028' takes up to 256"),
        ({"aws:x": ""}, "tags: 'aws:x' has a prefix that is kept for AWS."),
        ({"AWS:x": ""}, "tags: 'AWS:x' has a prefix that is kept for AWS."),
        ({"coppice:endpoint": ""}, "tags: 'coppice:endpoint' has a prefix that is kept for Coppice."),
    ],
)
def test_no_tags(tags, says):
    assert breach(limits.check_tags, tags).message.startswith(says)


def test_a_network():
    limits.check_network(Network(("subnet-1",), ("sg-1",)))
    limits.check_network(Network(("s" * 32,) * 16, ("sg-1",) * 5))


@pytest.mark.parametrize(
    ("network", "says"),
    [
        (Network((), ("sg-1",)), "subnets takes 1 to 16; these are 0."),
        (Network(("s",) * 17, ("sg-1",)), "subnets takes 1 to 16; these are 17."),
        (Network(("s",), ()), "security-groups takes 1 to 5; these are 0."),
        (Network(("s",), ("g",) * 6), "security-groups takes 1 to 5; these are 6."),
        (Network(("s" * 33,), ("g",)), "subnets takes ids of letters, digits and hyphens"),
        (Network(("s",), ("g_1",)), "security-groups takes ids of letters, digits and hyphens; this is 'g_1'."),
    ],
)
def test_no_network(network, says):
    assert breach(limits.check_network, network).message.startswith(says)


@pytest.mark.parametrize(
    "role", ["r", "r" * 64, "service-role/r", "/a/b/r", ARN + "r", ARN + "a/b/r", ARN + "r" * 2017]
)
def test_a_role(role):
    limits.check_role(role)


@pytest.mark.parametrize(
    "role",
    ["a b", "r" * 65, "r/", "ä", "arn:aws:iam::1:role/r", "arn:aws:iam::123456789012:user/r", ARN + "r" * 2018],
)
def test_no_role(role):
    assert breach(limits.check_role, role).message.startswith("role takes a role's name or ARN")


@pytest.mark.parametrize("name", ["abc", "a.b-c", "9" * 63, "sagemaker-eu-west-1-123456789012", "1.2.3.4x"])
def test_a_bucket(name):
    limits.check_bucket(name)
    assert S3Uri.parse(f"s3://{name}/k").bucket == name


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Abc", "a_b", "-abc", "abc-", "a..b", ".abc", "abc.", "192.168.5.4", "s3://bucket", "a\nb"]
)
def test_no_bucket(name):
    assert breach(limits.check_bucket, name).message.startswith("bucket takes a bucket's name: 3 to 63")


def test_an_image():
    limits.check_image("i" * 255)
    for uri in ("", "i" * 256, "a b", "a\n"):
        assert breach(limits.check_image, uri).message.startswith("image takes an address of up to 255 characters")


def test_an_unpacked_model():
    limits.check_unpacked(5 * 1024**3)
    error = breach(limits.check_unpacked, 5 * 1024**3 + 1)
    assert (
        error.message == "The unpacked model has 5,368,709,121 bytes; a serverless endpoint's disk has 5,368,709,120."
    )
    assert "--no-source" in error.hint
