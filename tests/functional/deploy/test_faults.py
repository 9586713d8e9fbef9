"""A rollout that fails or is interrupted anywhere: the next run finishes it, and nothing of ours is left behind."""

from __future__ import annotations

import json

import pytest
from front import refused
from rollouts import done, left, steps

WRITES = ["PutBucket", "PutObject", "CreateModel", "CreateEndpointConfig", "CreateEndpoint", "InvokeEndpoint"]
NOTHING = {"endpoints": [], "configs": [], "models": [], "objects": []}


def finish_and_remove(deploy, coppice, cloud):
    code, out, err = deploy()
    document = done((code, out, err))
    assert document["now"]["status"] == "InService"
    found = left(cloud)
    assert [len(found[kind]) for kind in ("endpoints", "configs", "models", "objects")] == [1, 1, 1, 1]
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING
    return err


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", WRITES)
def test_ctrl_c(operation, when, deploy, coppice, cloud, front, right):
    getattr(front, when)(operation, front.interrupt)
    code, out, err = deploy()
    assert (code, json.loads(out)["error"]["code"]) == (130, "interrupted")
    assert "coppice deploy again: it goes on from there" in err
    assert "an earlier deployment of houses didn't come to its end" in finish_and_remove(deploy, coppice, cloud)


@pytest.mark.parametrize("operation", WRITES)
def test_a_refused_call(operation, deploy, coppice, cloud, front, right):
    front.before(operation, lambda: refused("ValidationException", "Not today."))
    code, out, err = deploy()
    assert code == 1
    assert "Not today." in json.loads(out)["error"]["message"] or operation.startswith("Put")
    assert "Traceback" not in err
    finish_and_remove(deploy, coppice, cloud)


@pytest.mark.parametrize("operation", [*WRITES[2:], "DescribeEndpoint", "ListTags"])
def test_throttling_is_waited_out(operation, deploy, front, right):
    front.before(operation, *[lambda: refused("ThrottlingException", "Rate exceeded")] * 2)
    assert done(deploy())["now"]["status"] == "InService"


@pytest.mark.parametrize("operation", ["CreateEndpointConfig", "UpdateEndpoint", "AddTags"])
def test_an_update_that_is_interrupted(operation, deploy, coppice, cloud, front, right):
    first = done(deploy("--memory", "2048"))["now"]
    front.before(operation, front.interrupt)
    assert deploy("--memory", "3072")[0] == 130
    second = done(deploy("--memory", "3072"))
    assert second["now"]["memory_mb"] == 3072
    assert done(coppice("rollback", "houses", "--yes", "--json"))["now"] == first
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING


def test_one_that_is_interrupted_can_be_deleted_right_away(deploy, coppice, cloud, front):
    front.after("CreateEndpointConfig", front.interrupt)
    assert deploy()[0] == 130
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING


def test_the_record_knows_of_an_archive_that_nothing_refers_to_yet(deploy, coppice, cloud, front):
    front.after("PutObject", front.interrupt)
    assert deploy("--bucket", "a-place-of-its-own")[0] == 130
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING


def test_an_interrupted_delete_is_finished(deploy, coppice, cloud, front, right):
    done(deploy())
    front.after("DeleteEndpoint", front.interrupt)
    assert coppice("delete", "houses", "--yes")[0] == 130
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING


def test_without_the_record_tags_are_enough(deploy, coppice, cloud, front, right, tmp_path):
    done(deploy())
    for file in (tmp_path / ".coppice").rglob("*.json"):
        file.unlink()
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud) == NOTHING


def test_an_endpoint_that_fails_says_why_and_is_replaced(deploy, coppice, cloud, front, right):
    logs = cloud.client("logs")
    group = "/aws/sagemaker/Endpoints/houses"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="AllTraffic/1")
    import time

    event = {"timestamp": int(time.time() * 1000), "message": "the container's last words"}
    logs.put_log_events(logGroupName=group, logStreamName="AllTraffic/1", logEvents=[event])
    reason = "The primary container for production variant AllTraffic did not pass the ping health check."
    front.statuses({"EndpointStatus": "Failed", "FailureReason": reason})
    code, out, err = deploy()
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (1, "endpoint_failed")
    assert "did not pass the ping health check" in error["message"]
    assert "the container's last words" in err
    assert "coppice logs houses" in err
    front.statuses({"EndpointStatus": "Failed"}, {"EndpointStatus": "InService"})
    document = done(deploy())
    assert steps(document)[:4] == ["delete-endpoint", "await-gone", "create-endpoint", "await-service"]


def test_an_update_that_fails_keeps_the_previous_in_service(deploy, coppice, front, right):
    first = done(deploy("--memory", "2048"))["now"]
    front.before("UpdateEndpoint", lambda: (200, {"EndpointArn": first["arn"]}))  # begun, and rolled back by SageMaker
    reason = "The primary container did not pass the ping health check."
    front.statuses({"EndpointStatus": "InService", "FailureReason": ""}, {"FailureReason": reason})
    code, out, _ = deploy("--memory", "3072")
    error = json.loads(out)["error"]
    assert (code, error["code"]) == (1, "endpoint_failed")
    assert f"The previous configuration, {first['config']}, keeps serving." in error["message"]
    front.statuses({})
    assert done(deploy("--memory", "3072"))["now"]["memory_mb"] == 3072
    assert done(coppice("rollback", "houses", "--yes", "--json"))["now"] == first
