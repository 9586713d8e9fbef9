"""Endpoints, and the lists and tags of all that there is, as boto3 meets them."""

import re

import pytest
from control_calls import ARN, IMAGE, config, endpoint, real_time, refused, serverless


@pytest.fixture
def sagemaker(control):
    return control.client("sagemaker")


@pytest.fixture
def model(sagemaker):
    sagemaker.create_model(ModelName="forest", PrimaryContainer={"Image": IMAGE})
    return "forest"


def test_an_endpoint_comes_up_changes_and_goes(sagemaker, control, model):
    control.hosting.waits = True
    endpoint(sagemaker, "houses")
    found = sagemaker.describe_endpoint(EndpointName="houses")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Creating", "houses-config")
    assert found["EndpointArn"] == f"{ARN}:endpoint/houses"
    busy = f'ValidationException: Cannot update in-progress endpoint "{ARN}:endpoint/houses".'
    config(sagemaker, "bigger", serverless(MemorySizeInMB=2048))
    assert refused(sagemaker.update_endpoint, EndpointName="houses", EndpointConfigName="bigger") == busy
    assert refused(sagemaker.delete_endpoint, EndpointName="houses") == busy
    control.hosting.finish()
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="houses")

    sagemaker.update_endpoint(EndpointName="houses", EndpointConfigName="bigger")
    found = sagemaker.describe_endpoint(EndpointName="houses")
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("Updating", "bigger")
    assert found["ProductionVariants"][0]["CurrentServerlessConfig"]["MemorySizeInMB"] == 1024
    control.hosting.finish()
    (variant,) = sagemaker.describe_endpoint(EndpointName="houses")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"]["MemorySizeInMB"] == 2048

    sagemaker.delete_endpoint(EndpointName="houses")
    assert sagemaker.describe_endpoint(EndpointName="houses")["EndpointStatus"] == "Deleting"
    assert refused(sagemaker.delete_endpoint, EndpointName="houses") == busy
    control.hosting.finish()
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="houses")
    assert [what for what, *_ in control.hosting.asked] == ["deploy", "deploy", "delete"]


def test_a_taken_or_unknown_name(sagemaker, model):
    endpoint(sagemaker, "houses")
    said = refused(sagemaker.create_endpoint, EndpointName="houses", EndpointConfigName="houses-config")
    assert said == f'ValidationException: Cannot create already existing endpoint "{ARN}:endpoint/houses".'
    for call in (sagemaker.create_endpoint, sagemaker.update_endpoint):
        said = refused(call, EndpointName="houses", EndpointConfigName="none")
        assert said == f'ValidationException: Could not find endpoint configuration "{ARN}:endpoint-config/none".'
    said = refused(sagemaker.update_endpoint, EndpointName="none", EndpointConfigName="houses-config")
    assert said == f'ValidationException: Could not find endpoint "{ARN}:endpoint/none".'


def test_a_failed_endpoint_can_only_be_deleted(sagemaker, control, model):
    control.hosting.waits = True
    endpoint(sagemaker, "houses")
    control.hosting.fail("houses", "The container did not pass the ping health check.")
    assert "ping" in sagemaker.describe_endpoint(EndpointName="houses")["FailureReason"]
    said = refused(sagemaker.update_endpoint, EndpointName="houses", EndpointConfigName="houses-config")
    assert said.startswith("ValidationException: Cannot update endpoint")
    sagemaker.delete_endpoint(EndpointName="houses")


def test_real_time_never_becomes_serverless_but_the_other_way_goes(sagemaker, model):
    endpoint(sagemaker, "instances", real_time())
    endpoint(sagemaker, "houses")
    said = refused(sagemaker.update_endpoint, EndpointName="instances", EndpointConfigName="houses-config")
    assert said.startswith("ValidationException: ")
    assert sagemaker.describe_endpoint(EndpointName="instances")["EndpointStatus"] == "InService"
    sagemaker.update_endpoint(EndpointName="houses", EndpointConfigName="instances-config")
    assert sagemaker.describe_endpoint(EndpointName="houses")["EndpointConfigName"] == "instances-config"


def test_an_endpoint_whose_configuration_is_gone_serves_on_but_cant_be_updated(sagemaker, model):
    endpoint(sagemaker, "houses")
    config(sagemaker, "bigger")
    sagemaker.delete_endpoint_config(EndpointConfigName="houses-config")
    sagemaker.delete_model(ModelName="forest")
    assert sagemaker.describe_endpoint(EndpointName="houses")["EndpointStatus"] == "InService"
    said = refused(sagemaker.update_endpoint, EndpointName="houses", EndpointConfigName="bigger")
    assert said == f'ValidationException: Could not find endpoint configuration "{ARN}:endpoint-config/houses-config".'


def test_an_update_keeps_what_it_is_told_to_keep(sagemaker, control, model):
    endpoint(sagemaker, "instances", real_time(InitialInstanceCount=3))
    policy = {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}}
    }
    sagemaker.update_endpoint(
        EndpointName="instances",
        EndpointConfigName=config(sagemaker, "again", real_time()),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredWeight"}],
        DeploymentConfig=policy,
    )
    found = sagemaker.describe_endpoint(EndpointName="instances")
    assert found["LastDeploymentConfig"] == policy
    assert "RetainedVariantProperties" not in found
    _, key = control.hosting.asked[-1]
    assert control.store.get(key)["RetainedVariantProperties"] == {"main": {"DesiredInstanceCount": 3}}


def test_concurrency_changes_without_a_new_configuration(sagemaker, control, model):
    endpoint(sagemaker, "houses")

    def change(**change):
        return {"EndpointName": "houses", "DesiredWeightsAndCapacities": [{"VariantName": "main", **change}]}

    update = sagemaker.update_endpoint_weights_and_capacities
    made = update(**change(ServerlessUpdateConfig={"MaxConcurrency": 9, "ProvisionedConcurrency": 2}))
    assert made["EndpointArn"] == f"{ARN}:endpoint/houses"
    (variant,) = sagemaker.describe_endpoint(EndpointName="houses")["ProductionVariants"]
    expected = {"MemorySizeInMB": 1024, "MaxConcurrency": 9, "ProvisionedConcurrency": 2}
    assert variant["DesiredServerlessConfig"] == expected
    assert "less than or equal to MaxConcurrency" in refused(
        update, **change(ServerlessUpdateConfig={"MaxConcurrency": 1})
    )
    assert "DesiredInstanceCount" in refused(update, **change(DesiredInstanceCount=1))
    assert '"other"' in refused(update, **change(VariantName="other"))
    twice = [{"VariantName": "main", "DesiredWeight": weight} for weight in (1, 2)]
    assert "non-unique" in refused(update, EndpointName="houses", DesiredWeightsAndCapacities=twice)
    assert sagemaker.describe_endpoint(EndpointName="houses")["EndpointStatus"] == "InService"


def test_instances_go_to_none_only_where_requests_can_wait(sagemaker, model):
    endpoint(sagemaker, "instances", real_time())
    output = {"OutputConfig": {"S3OutputPath": "s3://out/"}}
    config(sagemaker, "waiting", real_time(), AsyncInferenceConfig=output)
    sagemaker.create_endpoint(EndpointName="waiting", EndpointConfigName="waiting")
    assert sagemaker.describe_endpoint(EndpointName="waiting")["AsyncInferenceConfig"] == output
    none = [{"VariantName": "main", "DesiredInstanceCount": 0}]
    update = sagemaker.update_endpoint_weights_and_capacities
    update(EndpointName="waiting", DesiredWeightsAndCapacities=none)
    said = refused(update, EndpointName="instances", DesiredWeightsAndCapacities=none)
    assert said.startswith("ValidationException: DesiredInstanceCount can be 0")
    update(EndpointName="instances", DesiredWeightsAndCapacities=[{"VariantName": "main", "DesiredInstanceCount": 2}])
    (variant,) = sagemaker.describe_endpoint(EndpointName="instances")["ProductionVariants"]
    assert variant["DesiredInstanceCount"] == 2
    serverless_only = [{"VariantName": "main", "ServerlessUpdateConfig": {"MaxConcurrency": 2}}]
    said = refused(update, EndpointName="instances", DesiredWeightsAndCapacities=serverless_only)
    assert "ServerlessUpdateConfig is not supported" in said


def test_the_accounts_concurrency_is_shared(sagemaker, control, model):
    for number in range(5):
        endpoint(sagemaker, f"houses-{number}", serverless(MaxConcurrency=200))
    config(sagemaker, "one", serverless(MaxConcurrency=1))
    said = refused(sagemaker.create_endpoint, EndpointName="last", EndpointConfigName="one")
    assert said.startswith("ResourceLimitExceeded: The account-level service limit 'Maximum total concurrency")
    assert "is 1000 Concurrency, with current utilization of 1000 Concurrency and a request delta of 1" in said
    sagemaker.update_endpoint(EndpointName="houses-0", EndpointConfigName="one")
    sagemaker.create_endpoint(EndpointName="last", EndpointConfigName="one")


def test_an_account_has_50_serverless_endpoints(sagemaker, control, model):
    config(sagemaker, "one", serverless(MaxConcurrency=1))
    for number in range(50):
        sagemaker.create_endpoint(EndpointName=f"houses-{number}", EndpointConfigName="one")
    said = refused(sagemaker.create_endpoint, EndpointName="last", EndpointConfigName="one")
    assert re.match(r"ResourceLimitExceeded: .* is 50 Endpoints", said)
    config(sagemaker, "instances", real_time())
    sagemaker.create_endpoint(EndpointName="last", EndpointConfigName="instances")


# Lists and tags


def test_lists_are_filtered_sorted_and_paged(sagemaker, model):
    for name in ("alpha", "beta", "gamma"):
        endpoint(sagemaker, name)

    def names(**members):
        pages = sagemaker.get_paginator("list_endpoints").paginate(**members)
        return [found["EndpointName"] for page in pages for found in page["Endpoints"]]

    assert names() == ["gamma", "beta", "alpha"]
    assert names(SortBy="Name", SortOrder="Ascending", MaxResults=1) == ["alpha", "beta", "gamma"]
    assert names(MaxResults=2, SortOrder="Ascending") == ["alpha", "beta", "gamma"]
    assert names(NameContains="et") == ["beta"]
    assert names(StatusEquals="Failed") == []
    assert names(StatusEquals="InService", MaxResults=1) == ["gamma", "beta", "alpha"]
    time = sagemaker.describe_endpoint(EndpointName="beta")["CreationTime"]
    assert names(CreationTimeAfter=time) == ["gamma", "beta"]
    assert names(CreationTimeBefore=time) == ["alpha"]
    assert names(LastModifiedTimeAfter="2999-01-01T00:00:00Z") == []
    assert "NextToken" in refused(sagemaker.list_endpoints, NextToken="nonsense")
    by_name = sagemaker.list_endpoints(SortBy="Name", MaxResults=1)["NextToken"]
    assert "NextToken" in refused(sagemaker.list_endpoints, NextToken=by_name)
    configs = sagemaker.list_endpoint_configs(MaxResults=1)["EndpointConfigs"]
    assert [found["EndpointConfigName"] for found in configs] == ["gamma-config"]


def test_a_page_goes_on_where_the_last_one_ended_though_its_rows_are_gone(sagemaker, model):
    for number in range(5):
        config(sagemaker, f"sizes-{number}")
    seen = []
    for page in sagemaker.get_paginator("list_endpoint_configs").paginate(PaginationConfig={"PageSize": 2}):
        for found in page["EndpointConfigs"]:
            seen.append(found["EndpointConfigName"])
            sagemaker.delete_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    assert seen == [f"sizes-{number}" for number in (4, 3, 2, 1, 0)]


def test_tags_come_and_go_with_their_resource(sagemaker, model):
    config(sagemaker, "sizes")
    arn = sagemaker.create_endpoint(
        EndpointName="houses", EndpointConfigName="sizes", Tags=[{"Key": "team", "Value": "red"}]
    )["EndpointArn"]
    added = sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "é", "Value": ""}])
    assert added["Tags"] == [{"Key": "team", "Value": "blue"}, {"Key": "é", "Value": ""}]
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team", "none"])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "é", "Value": ""}]
    sagemaker.delete_endpoint(EndpointName="houses")
    said = refused(sagemaker.add_tags, ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert said == f'ValidationException: Could not find endpoint "{arn}".'
    sagemaker.create_endpoint(EndpointName="houses", EndpointConfigName="sizes")
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == []


def test_tags_have_their_rules(sagemaker, model, control):
    arn = f"{ARN}:model/forest"

    def add(*keys):
        return {"ResourceArn": arn, "Tags": [{"Key": key, "Value": ""} for key in keys]}

    assert "Duplicate tag keys" in refused(sagemaker.add_tags, **add("a", "A"))
    twice = {"ModelName": "other", "PrimaryContainer": {"Image": IMAGE}, "Tags": add("a", "A")["Tags"]}
    assert "Duplicate tag keys" in refused(sagemaker.create_model, **twice)
    assert "Could not find model" in refused(sagemaker.describe_model, ModelName="other")
    sagemaker.add_tags(**add(*(f"a{number}" for number in range(50))))
    assert "50" in refused(sagemaker.add_tags, **add("b"))
    assert "[Member must have length" in refused(sagemaker.delete_tags, ResourceArn=arn, TagKeys=["x" * 129])
    assert "correct region: us-east-1" in refused(control.client("sagemaker", "us-east-1").add_tags, **add("a"))
    assert len(sagemaker.list_tags(ResourceArn=arn)["Tags"]) == 50
