"""`coppice status` against moto."""

from __future__ import annotations

import json

import pytest

IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/coppice@sha256:" + "c" * 64
ROLE = "arn:aws:iam::123456789012:role/r"


def make(cloud, name: str, ours: bool = True, **variant) -> None:
    sagemaker = cloud.client("sagemaker")
    tags = {"coppice:endpoint": name, "coppice:stage": "prod", "coppice:artifact": "ab", "coppice:model-id": "id",
            "coppice:previous": "before 3 0"}  # fmt: skip
    tagged = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if ours else {}
    variant = variant or {
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1}
    }
    container = {"Image": IMAGE, "ModelDataUrl": "s3://b/m.tar.gz", "Environment": {"COPPICE_METRICS": "emf"}}
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    variants = [{"VariantName": "AllTraffic", "ModelName": name, **variant}]
    sagemaker.create_endpoint_config(EndpointConfigName=f"{name}-1", ProductionVariants=variants)
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=f"{name}-1", **tagged)


def test_where_to_look_may_stand_in_the_file(cloud, coppice, monkeypatch, tmp_path):
    make(cloud, "houses")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.chdir(tmp_path)
    assert coppice("status", "houses")[0] == 3
    (tmp_path / "endpoint.toml").write_text("region = 'eu-west-1'")
    assert coppice("status", "houses")[0] == 0
    assert coppice("status", "houses", "--region", "eu-west-2")[0] == 1


def test_one_endpoint(cloud, coppice):
    make(cloud, "houses")
    code, out, _ = coppice("status", "houses")
    shown = dict(line.split(maxsplit=1) for line in out.splitlines())
    assert code == 0
    assert (shown["status"], shown["memory"], shown["concurrency"][:9]) == ("InService", "2048 MB", "5 at most")
    assert (shown["image"], shown["artifact"], shown["hash"]) == (IMAGE, "s3://b/m.tar.gz", "sha256 ab")
    assert shown["previous"].startswith("before (up to 3 at a time); return to it: coppice rollback houses")
    assert shown["environment"] == "COPPICE_METRICS"
    document = json.loads(coppice("status", "houses", "--json")[1])
    assert (document["memory_mb"], document["max_concurrency"], document["provisioned_concurrency"]) == (2048, 5, 1)
    assert (document["previous"]["config"], document["ours"], document["role"]) == ("before", True, ROLE)


def test_somebody_else_s_is_shown_all_the_same(cloud, coppice):
    make(cloud, "theirs", ours=False, InstanceType="ml.m5.large", InitialInstanceCount=2)
    cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="sagemaker", ResourceId="endpoint/theirs/variant/AllTraffic", MinCapacity=1, MaxCapacity=4,
        ScalableDimension="sagemaker:variant:DesiredInstanceCount",
    )  # fmt: skip
    code, out, _ = coppice("status", "theirs")
    assert code == 0
    assert "not Coppice's" in out
    assert "2 x ml.m5.large" in out
    assert "AllTraffic DesiredInstanceCount 1 to 4" in out


def test_all_of_ours(cloud, coppice):
    for number in range(12):  # moto gives ten a page
        make(cloud, f"houses-{number:02}")
    make(cloud, "theirs", ours=False)
    make(cloud, "big", InstanceType="ml.m5.large", InitialInstanceCount=2)
    code, out, err = coppice("status")
    names = [line.split()[0] for line in out.splitlines()]
    assert (code, names) == (0, ["NAME", "big", *(f"houses-{number:02}" for number in range(12))])
    assert "5 x 2048 MB" in out
    assert "2 x ml.m5.large" in out
    assert "1 more not made by Coppice" in err
    document = json.loads(coppice("status", "--json")[1])
    assert (len(document["endpoints"]), document["others"], document["endpoints"][0]["instances"]) == (13, 1, 2)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_none(cloud, coppice, flags):
    code, out, err = coppice("status", *flags)
    assert code == 0
    if flags:
        assert json.loads(out)["endpoints"] == []
    else:
        assert (out, "coppice deploy" in err) == ("", True)


def test_no_such_endpoint(cloud, coppice):
    make(cloud, "houses")
    make(cloud, "barns")
    code, out, err = coppice("status", "hauses")
    assert (code, out) == (1, "")
    assert "There are: houses, barns" in err
    assert coppice("status", "a b")[0] == 2
