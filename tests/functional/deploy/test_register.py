"""`coppice register` and `approve`, against moto's server."""

from __future__ import annotations

import io
import json
import re
import shlex
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from account import push_image
from archives import manifest, write
from cloud import ACCOUNT, REGION, Cloud

from deploy.aws.model_registry import ModelRegistry
from deploy.aws.session import Session
from deploy.endpoint.package import find

Coppice = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[3]
BUCKET = f"sagemaker-{REGION}-{ACCOUNT}"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path / "model.tar.gz", manifest())


def body(cloud: Cloud, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def test_a_version_has_everything_a_person_and_the_platform_ask_for(
    cloud: Cloud, coppice: Coppice, model: Path
) -> None:
    image = push_image(cloud)
    code, out, err = coppice(
        "register", "--group", "houses", "--model", model, "--image", "coppice:1.0", "--description", "first",
        "--metadata", "team=prices", "--json",
    )  # fmt: skip
    assert code == 0, err
    told = json.loads(out)
    assert (told["version"], told["approval"], told["created"]) == (1, "PendingManualApproval", True)
    assert "registered as houses:1, PendingManualApproval\nnext: coppice approve houses:1\n" in err
    assert "metrics   training:rmse 0.1, validation:rmse 0.5, validation:r2 0.8\n" in err

    made = cloud.client("sagemaker").describe_model_package(ModelPackageName=told["arn"])
    (container,) = made["InferenceSpecification"]["Containers"]
    assert container["Image"] == told["image"] == image
    assert container["ModelDataUrl"] == told["model_data_url"]
    assert told["model_data_url"] == f"s3://{BUCKET}/coppice/houses/{told['artifact']}/model.tar.gz"
    assert body(cloud, told["model_data_url"]) == model.read_bytes()
    assert made["ModelPackageDescription"] == "first"
    assert made["CustomerMetadataProperties"]["team"] == "prices"
    assert made["CustomerMetadataProperties"]["coppice:artifact"] == told["artifact"]
    assert (made["Domain"], made["Task"]) == ("MACHINE_LEARNING", "REGRESSION")

    statistics = made["ModelMetrics"]["ModelQuality"]["Statistics"]
    assert statistics["S3Uri"] == told["metrics_url"]
    assert json.loads(body(cloud, told["metrics_url"]))["regression_metrics"]["rmse"]["value"] == 0.5
    assert made["SamplePayloadUrl"] == told["sample_payload_url"]
    with tarfile.open(fileobj=io.BytesIO(body(cloud, told["sample_payload_url"]))) as tar:
        assert tar.getnames() == ["rows.csv"]

    group = cloud.client("sagemaker").describe_model_package_group(ModelPackageGroupName="houses")
    tags = cloud.client("sagemaker").list_tags(ResourceArn=group["ModelPackageGroupArn"])["Tags"]
    assert [tag["Key"] for tag in tags] == ["coppice:version"]


def test_the_same_is_registered_once_and_another_image_anew(cloud: Cloud, coppice: Coppice, model: Path) -> None:
    push_image(cloud)
    register = ("register", "--group", "houses", "--model", model, "--image")
    assert coppice(*register, "1.0")[0] == 0
    code, out, err = coppice(*register, "1.0", "--json")
    assert (code, json.loads(out)["changed"]) == (0, False)
    assert "nothing to do: registered already as houses:1" in err
    push_image(cloud, "2.0")
    assert json.loads(coppice(*register, "2.0", "--json")[1])["version"] == 2
    assert (
        len(cloud.client("sagemaker").list_model_packages(ModelPackageGroupName="houses")["ModelPackageSummaryList"])
        == 2
    )


def test_the_way_to_a_deployable_version(cloud: Cloud, coppice: Coppice, model: Path) -> None:
    """With the commands of docs/registry.md; what deploys is tested with deploying."""
    image = push_image(cloud)
    (block,) = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/registry.md").read_text(), re.DOTALL)
    register, approve, deploy = map(shlex.split, block.splitlines())
    assert deploy[-2:] == ["--from-registry", "houses"]
    assert coppice(*register[1:])[0] == 0
    code, _, err = coppice(*approve[1:])
    assert code == 0, err
    assert "houses:1 was PendingManualApproval and is Approved now\n" in err
    assert "coppice deploy --name NAME --from-registry houses:1" in err
    assert find(ModelRegistry(Session()), "houses").image == image
    assert "nothing to do: houses:1 is Approved already" in coppice("approve", "houses")[2]

    code, out, _ = coppice("approve", "houses", "--reject", "--json")
    assert code == 0
    assert json.loads(out) == {
        "group": "houses",
        "version": 1,
        "arn": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/houses/1",
        "was": "Approved",
        "approval": "Rejected",
        "changed": True,
    }
    code, out, err = coppice(
        "register", "--group", "houses", "--model", "model.tar.gz", "--image", "1.0", "--approve", "--json"
    )
    assert "registered already as houses:1; it was Rejected and is Approved now" in err
    told = json.loads(out)
    assert (told["created"], told["changed"], told["approval"]) == (False, True, "Approved")


def test_an_archive_that_lies_in_s3_stays_there(cloud: Cloud, coppice: Coppice, model: Path) -> None:
    push_image(cloud)
    cloud.client("s3").create_bucket(Bucket="mine", CreateBucketConfiguration={"LocationConstraint": REGION})
    cloud.client("s3").upload_file(str(model), "mine", "m/model.tar.gz")
    register = ("register", "--group", "houses", "--model", "s3://mine/m/model.tar.gz", "--image", "1.0", "--json")
    code, out, err = coppice(*register)
    assert code == 0, err
    told = json.loads(out)
    assert told["model_data_url"] == "s3://mine/m/model.tar.gz"
    assert told["artifact"].startswith("etag-")
    assert told["metrics_url"] == f"s3://{BUCKET}/coppice/houses/{told['artifact']}/model-quality.json"
    assert json.loads(coppice(*register)[1])["created"] is False
    write(model, manifest(outputs=("cost",)))
    cloud.client("s3").upload_file(str(model), "mine", "m/model.tar.gz")
    assert json.loads(coppice(*register)[1])["version"] == 2, "other bytes at the same address are another version"


def test_settings_come_from_endpoint_toml_too(cloud: Cloud, coppice: Coppice, model: Path) -> None:
    push_image(cloud)
    Path("endpoint.toml").write_text('name = "houses"\nmodel = "model.tar.gz"\nimage = "coppice:1.0"\n')
    code, out, err = coppice("register", "--group", "houses", "--json")
    assert code == 0, err
    assert json.loads(out)["version"] == 1


def test_a_dry_run_changes_nothing(cloud: Cloud, coppice: Coppice, model: Path) -> None:
    push_image(cloud)
    code, out, err = coppice("register", "--group", "houses", "--model", model, "--image", "1.0", "--dry-run", "--json")
    assert code == 0
    told = json.loads(out)
    assert (told["dry_run"], told["creates_group"], told["registered"]) == (True, True, None)
    assert "nothing was done (--dry-run)" in err
    assert cloud.client("s3").list_buckets()["Buckets"] == []
    assert cloud.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"] == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("register", "--group", "houses:1"), 2, "--group takes a group"),
        (("register", "--group", "no spaces"), 2, "A registered model is named GROUP"),
        (("register", "--group", "h", "--metadata", "x"), 2, "--metadata takes KEY=VALUE"),
        (("register", "--group", "h", "--description", "d" * 1025), 2, "--description has at most 1,024"),
        (("register", "--group", "h"), 2, "No model was given"),
        (("register", "--group", "h", "--model", "model.tar.gz"), 2, "No image was given"),
        (("register", "--group", "h", "--model", "no.tar.gz", "--image", "1.0"), 3, "There is no no.tar.gz"),
        (("register", "--group", "h", "--model", "model.tar.gz", "--image", "9"), 3, "ECR has no image coppice:9"),
        (("approve", "houses"), 3, "There is no group houses"),
        (("approve", "houses:x"), 2, "A registered model is named GROUP"),
        (("approve", "houses", "--note", "n" * 1025), 2, "--note has at most 1,024"),
    ],
)
def test_refusals_are_one_clear_line(
    cloud: Cloud, coppice: Coppice, model: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = coppice(*arguments, "--json")
    assert (found, message in json.loads(out)["error"]["message"]) == (code, True), out
    assert f"error: {json.loads(out)['error']['message']}" in err
