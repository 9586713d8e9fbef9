"""The model registry and transform jobs, as boto3 meets them."""

import pytest
from control_calls import refused

ARN = "arn:aws:sagemaker:eu-west-1:123456789012"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice:1"
SPECIFICATION = {"Containers": [{"Image": IMAGE, "Environment": {"A": "1", "B": "1"}}]}


@pytest.fixture
def sagemaker(control):
    return control.client("sagemaker")


def package(sagemaker, **members):
    return sagemaker.create_model_package(
        ModelPackageGroupName="forests", InferenceSpecification=SPECIFICATION, **members
    )["ModelPackageArn"]


@pytest.fixture
def group(sagemaker):
    return sagemaker.create_model_package_group(
        ModelPackageGroupName="forests",
        ModelPackageGroupDescription="Forests, by café",
        Tags=[{"Key": "a", "Value": "b"}],
    )["ModelPackageGroupArn"]


def test_versions_count_up_and_no_number_comes_twice(sagemaker, group):
    assert group == f"{ARN}:model-package-group/forests"
    arns = [package(sagemaker) for _ in range(2)]
    assert arns == [f"{ARN}:model-package/forests/{number}" for number in (1, 2)]
    sagemaker.delete_model_package(ModelPackageName=arns[1])
    assert package(sagemaker).endswith("/3")
    found = sagemaker.list_model_packages(ModelPackageGroupName=group, SortOrder="Descending")
    assert [one["ModelPackageVersion"] for one in found["ModelPackageSummaryList"]] == [3, 1]
    assert sagemaker.list_model_packages()["ModelPackageSummaryList"] == []
    for part, versions in (("for", 2), ("model-package", 0)):
        found = sagemaker.list_model_packages(ModelPackageGroupName=group, NameContains=part)
        assert len(found["ModelPackageSummaryList"]) == versions
    described = sagemaker.describe_model_package(ModelPackageName="forests/1")
    assert described["ModelPackageStatus"] == "Completed"
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["InferenceSpecification"] == SPECIFICATION
    listed = sagemaker.list_model_package_groups(NameContains="for")["ModelPackageGroupSummaryList"]
    assert [one["ModelPackageGroupArn"] for one in listed] == [group]
    described = sagemaker.describe_model_package_group(ModelPackageGroupName=group)
    assert "LatestVersion" not in described
    assert described["ModelPackageGroupDescription"] == "Forests, by café"


def test_only_an_approved_package_becomes_a_model(sagemaker, group):
    arn = package(sagemaker, CustomerMetadataProperties={"rows": "10", "who": "me"})
    container = {"ModelPackageName": arn, "Environment": {"B": "2"}}
    said = refused(sagemaker.create_model, ModelName="forest", PrimaryContainer=container)
    assert said.startswith("ValidationException: ") and "PendingManualApproval" in said
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="good",
        CustomerMetadataProperties={"rows": "11"},
        CustomerMetadataPropertiesToRemove=["who"],
    )
    found = sagemaker.describe_model_package(ModelPackageName=arn)
    assert (found["ModelApprovalStatus"], found["ApprovalDescription"]) == ("Approved", "good")
    assert found["CustomerMetadataProperties"] == {"rows": "11"}
    assert found["ModelPackageVersion"] == 1
    sagemaker.create_model(ModelName="forest", PrimaryContainer=container)
    made = sagemaker.describe_model(ModelName="forest")["PrimaryContainer"]
    assert (made["Image"], made["Environment"]) == (IMAGE, {"A": "1", "B": "2"})


def test_the_registry_refuses_as_aws_does(sagemaker, group):
    arn = package(sagemaker)
    assert "already exists" in refused(sagemaker.create_model_package_group, ModelPackageGroupName="forests")
    said = refused(sagemaker.describe_model_package_group, ModelPackageGroupName="none")
    assert said == f"ValidationException: ModelPackageGroup {ARN}:model-package-group/none does not exist."
    said = refused(sagemaker.describe_model_package, ModelPackageName="forests/9")
    assert said == f"ValidationException: ModelPackage {ARN}:model-package/forests/9 does not exist."
    assert "does not exist" in refused(sagemaker.create_model_package, ModelPackageGroupName="none")
    assert "Missing ARN" in refused(sagemaker.create_model_package)
    assert "Both" in refused(sagemaker.create_model_package, ModelPackageGroupName="forests", ModelPackageName="a")
    delete = sagemaker.delete_model_package_group
    assert refused(delete, ModelPackageGroupName="forests").startswith("ConflictException: ")
    sagemaker.delete_model_package(ModelPackageName=arn)
    delete(ModelPackageGroupName="forests")
    assert "does not exist" in refused(sagemaker.list_tags, ResourceArn=group)


def test_a_package_without_a_group(sagemaker):
    sagemaker.create_model_package(ModelPackageName="forest", InferenceSpecification=SPECIFICATION)
    (found,) = sagemaker.list_model_packages()["ModelPackageSummaryList"]
    assert found["ModelPackageArn"] == f"{ARN}:model-package/forest"
    sagemaker.create_model(ModelName="forest", PrimaryContainer={"ModelPackageName": "forest"})


# Transform jobs


def job(**members):
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://in/"}}}
    given = {
        "TransformJobName": "rows",
        "ModelName": "forest",
        "TransformInput": source,
        "TransformOutput": {"S3OutputPath": "s3://out/"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {**given, **members}


@pytest.fixture
def model(sagemaker):
    sagemaker.create_model(ModelName="forest", PrimaryContainer={"Image": IMAGE})


def test_a_job_is_handed_over_and_stopped(sagemaker, control, model):
    arn = sagemaker.create_transform_job(**job(Tags=[{"Key": "a", "Value": "b"}]))["TransformJobArn"]
    assert arn == f"{ARN}:transform-job/rows"
    assert [key.name for key in control.transforms.ran] == ["rows"]
    found = sagemaker.describe_transform_job(TransformJobName="rows")
    assert found["TransformJobStatus"] == "InProgress"
    assert found["TransformInput"] == job()["TransformInput"]
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    sagemaker.stop_transform_job(TransformJobName="rows")
    said = refused(sagemaker.stop_transform_job, TransformJobName="rows")
    assert said == ("ValidationException: The request was rejected because the transform job is in status Stopped.")
    (listed,) = sagemaker.list_transform_jobs(StatusEquals="Stopped")["TransformJobSummaries"]
    assert listed["TransformJobName"] == "rows"


def test_a_job_that_cant_be(sagemaker, model):
    create = sagemaker.create_transform_job
    create(**job())
    assert refused(create, **job()).startswith(
        "ResourceInUse: Job name must be unique within an AWS account and region"
    )
    assert "Could not find model" in refused(create, **job(TransformJobName="other", ModelName="none"))
    much = job(TransformJobName="other", MaxConcurrentTransforms=2, MaxPayloadInMB=51)
    assert "MaxPayloadInMB" in refused(create, **much)
    said = refused(sagemaker.describe_transform_job, TransformJobName="none")
    assert said == "ValidationException: Requested resource not found."
