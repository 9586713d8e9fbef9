"""deploy, update, rollback and delete as a person types them, against an account that answers as AWS does."""

from __future__ import annotations

import json

from cloud import ACCOUNT, REGION
from front import refused
from rollouts import IMAGE, ROLE, done, left, steps


def test_a_first_deployment_makes_everything_and_checks_the_answer(deploy, cloud, right):
    code, out, err = deploy("--memory", "2048", "--max-concurrency", "5", "--tag", "team=trees", "--env", "A=b")
    document = done((code, out, err))
    assert steps(document) == [
        "create-bucket", "upload", "create-model", "create-config", "create-endpoint", "await-service", "check-example",
    ]  # fmt: skip
    assert document["steps"][-1]["result"].endswith("as packed")
    now = document["now"]
    assert (now["status"], now["memory_mb"], now["max_concurrency"]) == ("InService", 2048, 5)
    sagemaker = cloud.client("sagemaker")
    model = sagemaker.describe_model(ModelName=left(cloud)["models"][0])
    assert model["PrimaryContainer"]["Image"] == IMAGE
    assert model["PrimaryContainer"]["Environment"] == {"A": "b"}
    assert model["ExecutionRoleArn"] == ROLE
    for arn in (now["arn"], model["ModelArn"]):
        labels = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
        assert (labels["team"], labels["coppice:endpoint"]) == ("trees", "houses")
        assert len(labels["coppice:artifact"]) == 64
    assert "houses is InService: serverless, 2048 MB, up to 5 at a time" in err
    assert "coppice delete houses" in err


def test_the_same_again_does_nothing_and_says_so(deploy, front, right):
    done(deploy())
    front.calls.clear()
    code, out, err = deploy()
    assert done((code, out, err))["changed"] is False
    assert "nothing to change" in err
    assert not [call for call in front.calls if call.startswith(("Create", "Update", "Put", "Add", "Delete"))]


def test_another_memory_size_updates_without_downtime_and_uploads_nothing(deploy, front, right):
    before = done(deploy("--memory", "2048"))
    document = done(deploy("--memory", "3072"))
    assert steps(document) == ["create-config", "update-endpoint", "await-service", "tag", "check-example"]
    assert (document["now"]["memory_mb"], document["now"]["status"]) == (3072, "InService")
    assert document["now"]["config"] != before["now"]["config"]


def test_concurrency_alone_changes_in_place(deploy, front, right):
    before = done(deploy("--max-concurrency", "5"))
    document = done(deploy("--max-concurrency", "9"))
    assert steps(document) == ["update-capacity", "await-service", "tag", "check-example"]
    assert document["now"]["config"] == before["now"]["config"]
    assert document["now"]["max_concurrency"] == 9
    assert done(deploy("--max-concurrency", "9"))["changed"] is False


def test_rollback_returns_to_what_served_and_back_again(deploy, coppice, front, right):
    first = done(deploy("--memory", "2048"))["now"]
    second = done(deploy("--memory", "3072"))["now"]
    back = done(coppice("rollback", "houses", "--yes", "--json"))
    assert back["now"] == first
    assert done(coppice("rollback", "houses", "--yes", "--json"))["now"] == second


def test_rollback_of_a_concurrency_change(deploy, coppice, front, right):
    first = done(deploy("--max-concurrency", "5"))["now"]
    done(deploy("--max-concurrency", "9"))
    back = done(coppice("rollback", "houses", "--yes", "--json"))
    assert steps(back) == ["update-capacity", "await-service", "tag"]
    assert back["now"] == first


def test_rollback_to_a_concurrency_that_was_changed_in_place(deploy, coppice, front, right):
    done(deploy("--max-concurrency", "5"))
    second = done(deploy("--max-concurrency", "9"))["now"]
    done(deploy("--memory", "3072", "--max-concurrency", "9"))
    back = done(coppice("rollback", "houses", "--yes", "--json"))
    assert steps(back) == ["update-endpoint", "await-service", "update-capacity", "await-service", "tag"]
    assert back["now"] == second


def test_rollback_without_a_past(deploy, coppice, front, right):
    done(deploy())
    code, out, _ = coppice("rollback", "houses", "--yes", "--json")
    assert (code, json.loads(out)["error"]["message"]) == (1, "houses has served nothing else before.")
    assert coppice("rollback", "nowhere", "--yes")[0] == 1


def test_delete_leaves_nothing_but_what_it_names(deploy, coppice, cloud, front, right):
    done(deploy("--memory", "2048"))
    done(deploy("--memory", "3072"))
    code, out, err = coppice("delete", "houses", "--yes", "--json")
    document = done((code, out, err))
    found = left(cloud)
    assert (found["endpoints"], found["configs"], found["models"]) == ([], [], [])
    assert len(found["objects"]) == 1
    assert any(found["objects"][0] in kept for kept in document["kept"])
    assert IMAGE in document["kept"]
    assert "kept: s3://" in err
    again = done(coppice("delete", "houses", "--yes", "--json"))
    assert again["changed"] is False
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    assert left(cloud)["objects"] == []


def test_what_is_not_ours_is_left_alone(deploy, coppice, cloud, right):
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(ModelName="houses-theirs", ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE})
    serverless = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    variants = [{"VariantName": "v", "ModelName": "houses-theirs", "ServerlessConfig": serverless}]
    sagemaker.create_endpoint_config(EndpointConfigName="houses-theirs", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName="theirs", EndpointConfigName="houses-theirs")
    assert deploy(name="theirs")[0] == 2
    assert coppice("delete", "theirs", "--yes")[0] == 2
    done(deploy())
    done(coppice("delete", "houses", "--all", "--yes", "--json"))
    found = left(cloud)
    assert (found["endpoints"], found["configs"], found["models"]) == (["theirs"], ["houses-theirs"], ["houses-theirs"])


def test_dry_run_changes_nothing(deploy, cloud, tmp_path):
    document = done(deploy("--dry-run"))
    assert document["dry_run"]
    assert not any(step["done"] for step in document["steps"])
    assert left(cloud) == {"endpoints": [], "configs": [], "models": [], "objects": []}
    assert not (tmp_path / ".coppice").exists()


def test_dry_run_of_no_change_writes_nothing_either(deploy, front, right, tmp_path):
    done(deploy())
    (record,) = (tmp_path / ".coppice").rglob("*.json")
    record.unlink()
    assert done(deploy("--dry-run"))["changed"] is False
    assert not record.exists()


def test_without_waiting_the_next_run_comes_to_the_rest(deploy, front, right):
    document = done(deploy("--no-wait"))
    assert steps(document)[-1] == "create-endpoint"
    assert document["later"] == ["ask houses for the example's answer"]
    assert steps(done(deploy())) == ["check-example"]


def test_a_wrong_answer_fails_and_names_the_way_back(deploy, cloud):
    cloud.answer(json.dumps({"predictions": [1.0, 2.0]}))
    code, out, err = deploy()
    assert code == 1
    assert json.loads(out)["error"]["code"] == "model_error"
    assert "coppice rollback houses" in err


def test_real_time_with_scaling_and_no_way_back_to_serverless(deploy, front, right, cloud):
    done(deploy())
    document = done(deploy("--instance-type", "ml.m5.large", "--instances", "1..3"))
    assert steps(document)[-3:] == ["set-scaling", "tag", "check-example"]
    assert document["now"]["instance_type"] == "ml.m5.large"
    assert done(deploy("--instance-type", "ml.m5.large", "--instances", "1..3"))["changed"] is False
    document = done(deploy("--instance-type", "ml.m5.large", "--instances", "2"))
    assert steps(document) == ["remove-scaling", "update-capacity", "await-service", "check-example"]
    code, _, err = deploy("--memory", "2048")
    assert (code, "under another name" in err) == (2, True)


def test_provisioned_concurrency_scales(deploy, coppice, front, right, cloud):
    document = done(deploy("--provisioned", "1..4", "--max-concurrency", "8"))
    assert "set-scaling" in steps(document)
    assert done(deploy("--provisioned", "1..4", "--max-concurrency", "8"))["changed"] is False
    document = done(coppice("delete", "houses", "--yes", "--json"))
    assert steps(document)[:2] == ["remove-scaling", "delete-endpoint"]


def test_an_asynchronous_endpoint(deploy, coppice, front, cloud):
    asked = ["--instance-type", "ml.m5.large", "--async", "s3://answers/here/", "--instances", "0..2"]
    document = done(deploy(*asked))
    assert done(deploy(*asked))["changed"] is False
    assert "check-example" not in steps(document)
    config = cloud.client("sagemaker").describe_endpoint_config(EndpointConfigName=document["now"]["config"])
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 1
    cloudwatch = cloud.client("cloudwatch")
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    assert (alarm["MetricName"], alarm["AlarmName"]) == ("HasBacklogWithoutCapacity", "coppice-houses-backlog")
    done(coppice("delete", "houses", "--yes", "--json"))
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_endpoint_toml_with_stages(coppice, cloud, front, right, packed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.tar.gz").write_bytes(packed.read_bytes())
    (tmp_path / "endpoint.toml").write_text(
        f'name = "houses"\nmodel = "model.tar.gz"\nimage = "{IMAGE}"\nrole = "{ROLE}"\nmemory = 2048\n'
        "[stage.prod]\nname = 'houses-prod'\nmemory = '3GB'\n"
    )
    assert done(coppice("deploy", "--yes", "--json"))["now"]["memory_mb"] == 2048
    document = done(coppice("deploy", "--stage", "prod", "--yes", "--json"))
    assert (document["endpoint"], document["now"]["memory_mb"]) == ("houses-prod", 3072)


def test_others_models_are_looked_at_only_before_their_archives_would_go(deploy, coppice, cloud, front, right):
    """It costs a call for every model of the account, and credentials that may."""
    done(deploy())
    deploy(name="other")
    front.after("DescribeModel", lambda: None, lambda: refused("AccessDeniedException", "Not yours."))
    done(coppice("delete", "houses", "--yes", "--json"))


def test_what_others_use_is_kept_even_by_all(deploy, coppice, cloud, front, right, packed):
    done(deploy())
    done(coppice("register", "--group", "houses", "--model", packed, "--image", IMAGE, "--approve", "--json"))
    done(coppice("deploy", "--name", "second", "--from-registry", "houses", "--role", ROLE, "--yes", "--json"))
    labels = cloud.client("sagemaker").list_tags(ResourceArn=f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/second")
    assert len({tag["Key"]: tag["Value"] for tag in labels["Tags"]}["coppice:artifact"]) == 64
    before = left(cloud)["objects"]
    document = done(coppice("delete", "houses", "--all", "--yes", "--json"))
    found = left(cloud)
    assert found["endpoints"] == ["second"]
    assert found["objects"] == before
    assert f"{IMAGE}, which other models use" in document["kept"]
