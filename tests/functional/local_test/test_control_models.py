"""Models and endpoint configurations, as boto3 meets them, and what is no part of the service."""

import pytest
from control_calls import ARN, IMAGE, config, real_time, refused, serverless


@pytest.fixture
def sagemaker(control):
    return control.client("sagemaker")


@pytest.fixture
def model(sagemaker):
    sagemaker.create_model(ModelName="forest", PrimaryContainer={"Image": IMAGE})
    return "forest"


# Models


def test_a_model_is_described_as_aws_describes_it(sagemaker, control):
    made = sagemaker.create_model(
        ModelName="forest",
        PrimaryContainer={"Image": IMAGE, "Environment": {"A": "1"}},
        ExecutionRoleArn="arn:aws:iam::123456789012:role/any",
    )
    found = sagemaker.describe_model(ModelName="forest")
    assert made["ModelArn"] == found["ModelArn"] == f"{ARN}:model/forest"
    assert found["PrimaryContainer"] == {"Image": IMAGE, "Environment": {"A": "1"}, "Mode": "SingleModel"}
    assert found["EnableNetworkIsolation"] is False
    assert found["CreationTime"].tzinfo is not None


def test_what_is_missing_or_taken_is_said_as_aws_says_it(sagemaker, model):
    config(sagemaker, "sizes")
    for what, kind, name in (
        ("model", "model", "ModelName"),
        ("endpoint configuration", "endpoint-config", "EndpointConfigName"),
        ("endpoint", "endpoint", "EndpointName"),
    ):
        for verb in ("describe", "delete"):
            said = refused(getattr(sagemaker, f"{verb}_{kind.replace('-', '_')}"), **{name: "none"})
            assert said == f'ValidationException: Could not find {what} "{ARN}:{kind}/none".'
    said = refused(sagemaker.create_model, ModelName="forest", PrimaryContainer={"Image": IMAGE})
    assert said == f'ValidationException: Cannot create already existing model "{ARN}:model/forest".'
    assert "already existing endpoint configuration" in refused(
        sagemaker.create_endpoint_config, EndpointConfigName="sizes", ProductionVariants=[serverless()]
    )


def test_a_models_artifact_has_to_be_there(sagemaker, control):
    container = {"Image": IMAGE, "ModelDataUrl": "s3://models/model.tar.gz"}
    said = refused(sagemaker.create_model, ModelName="forest", PrimaryContainer=container)
    assert said == "ValidationException: Could not find model data at s3://models/model.tar.gz."
    for url in ("s3://models", "s3://models/"):
        said = refused(sagemaker.create_model, ModelName="forest", PrimaryContainer={**container, "ModelDataUrl": url})
        assert said == f"ValidationException: Could not find model data at {url}."
    s3 = control.client("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket="models", Key="model.tar.gz", Body=b"any")
    sagemaker.create_model(ModelName="forest", PrimaryContainer=container)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"PrimaryContainer": {"Image": IMAGE}, "Containers": [{"Image": IMAGE}]},
        {"PrimaryContainer": {}},
        {"PrimaryContainer": {"Image": IMAGE, "ModelPackageName": "forest"}},
    ],
)
def test_a_model_is_of_one_kind_of_container(sagemaker, members):
    assert refused(sagemaker.create_model, ModelName="forest", **members).startswith("ValidationException: ")


def test_an_environment_has_32_kb(sagemaker):
    fits = {f"V{number:02}": "x" * 1021 for number in range(32)}
    sagemaker.create_model(ModelName="forest", PrimaryContainer={"Image": IMAGE, "Environment": fits})
    said = refused(
        sagemaker.create_model, ModelName="larger", PrimaryContainer={"Image": IMAGE, "Environment": {**fits, "A": ""}}
    )
    assert "32769 bytes together; 32768 are allowed" in said


def test_regions_know_nothing_of_each_other(sagemaker, control, model):
    assert control.client("sagemaker", "us-east-1").list_models()["Models"] == []
    assert "us-east-1" in refused(control.client("sagemaker", "us-east-1").describe_model, ModelName="forest")


# The service's model


def test_every_broken_member_is_named(sagemaker):
    said = refused(
        sagemaker.create_endpoint_config,
        EndpointConfigName="houses_1",
        ProductionVariants=[real_time(InitialInstanceCount=0, ModelName=None)],
    )
    assert said == (
        "ValidationException: 2 validation errors detected: Value 'houses_1' at 'endpointConfigName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}; Value '0' at "
        "'productionVariants.1.member.initialInstanceCount' failed to satisfy constraint: Member must have value "
        "greater than or equal to 1"
    )


def test_an_operation_that_isnt_emulated_says_so(sagemaker):
    said = refused(sagemaker.list_processing_jobs)
    assert said == "UnknownOperationException: coppice local doesn't emulate ListProcessingJobs."


# Endpoint configurations


@pytest.mark.parametrize("memory", [1024, 2048, 3072, 4096, 5120, 6144])
def test_a_serverless_variant_has_whole_gigabytes(sagemaker, model, memory):
    config(sagemaker, "sizes", serverless(MemorySizeInMB=memory))
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName="sizes")["ProductionVariants"]
    assert variant["ServerlessConfig"]["MemorySizeInMB"] == memory
    assert variant["InitialVariantWeight"] == 1.0


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ({"MemorySizeInMB": 1500}, "enum value set: [1024, 2048, 3072, 4096, 5120, 6144]"),
        ({"MemorySizeInMB": 512}, "greater than or equal to 1024"),
        ({"MemorySizeInMB": 8192}, "less than or equal to 6144"),
        ({"MaxConcurrency": 0}, "greater than or equal to 1"),
        ({"MaxConcurrency": 201}, "less than or equal to 200"),
        ({"MaxConcurrency": 5, "ProvisionedConcurrency": 6}, "less than or equal to MaxConcurrency"),
    ],
)
def test_other_sizes_are_refused(sagemaker, model, sizes, words):
    variants = [serverless(**sizes)]
    said = refused(sagemaker.create_endpoint_config, EndpointConfigName="sizes", ProductionVariants=variants)
    assert said.startswith("ValidationException: ")
    assert words in said


@pytest.mark.parametrize(
    ("variants", "members"),
    [
        ([serverless(), {**serverless(), "VariantName": "other"}], {}),
        ([{**serverless(), "InstanceType": "ml.m5.large"}], {}),
        ([{**serverless(), "InitialInstanceCount": 1}], {}),
        ([serverless()], {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://out/"}}}),
        ([serverless()], {"EnableNetworkIsolation": True}),
        ([serverless()], {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}}),
        (
            [serverless()],
            {
                "DataCaptureConfig": {
                    "InitialSamplingPercentage": 100,
                    "DestinationS3Uri": "s3://out/",
                    "CaptureOptions": [{"CaptureMode": "Input"}],
                }
            },
        ),
        ([real_time(), real_time()], {}),
        ([real_time(InstanceType="ml.abacus")], {}),
        ([real_time(InitialInstanceCount=None)], {}),
        ([{"VariantName": "main", "ModelName": "forest"}], {}),
        ([serverless() | {"ModelName": None}], {}),
    ],
)
def test_variants_that_cant_be_are_refused(sagemaker, model, variants, members):
    said = refused(sagemaker.create_endpoint_config, EndpointConfigName="sizes", ProductionVariants=variants, **members)
    assert said.startswith("ValidationException: ")


@pytest.mark.parametrize(
    "members",
    [
        {"PrimaryContainer": {"Image": IMAGE}, "EnableNetworkIsolation": True},
        {
            "PrimaryContainer": {"Image": IMAGE},
            "VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]},
        },
        {"Containers": [{"Image": IMAGE}, {"Image": IMAGE}]},
        {"PrimaryContainer": {"Image": IMAGE, "Mode": "MultiModel", "ModelDataUrl": "s3://models/"}},
        {
            "PrimaryContainer": {
                "Image": IMAGE,
                "ModelDataSource": {
                    "S3DataSource": {"S3Uri": "s3://a/b/", "S3DataType": "S3Prefix", "CompressionType": "None"}
                },
            }
        },
    ],
)
def test_models_that_serverless_endpoints_dont_take(sagemaker, members):
    sagemaker.create_model(ModelName="forest", **members)
    said = refused(sagemaker.create_endpoint_config, EndpointConfigName="sizes", ProductionVariants=[serverless()])
    assert "not supported for serverless endpoints" in said
    config(sagemaker, "instances", real_time())


def test_a_variants_model_has_to_be_there(sagemaker):
    said = refused(sagemaker.create_endpoint_config, EndpointConfigName="sizes", ProductionVariants=[serverless()])
    assert said == f'ValidationException: Could not find model "{ARN}:model/forest".'
