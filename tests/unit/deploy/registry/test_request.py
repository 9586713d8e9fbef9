"""The request for a version, and the limits of what people add to it."""

from __future__ import annotations

import hashlib
from typing import Any

import botocore.session
import pytest
from archives import manifest
from botocore.validate import ParamValidator
from fake_registry import IMAGE

from container import __version__
from deploy.aws.s3 import S3Uri
from deploy.errors import LimitError, UsageError
from deploy.registry.request import Contents, Document, build, check_text, metadata, parse_metadata

MODEL = botocore.session.get_session().get_service_model("sagemaker")


def contents(**changes: Any) -> Contents:
    values: dict[str, Any] = {
        "model_data": S3Uri("bkt", "m.tar.gz"),
        "identity": "f" * 64,
        "image": IMAGE,
        "manifest": manifest(),
        "metrics": Document(S3Uri("bkt", "q.json"), b"{}"),
        "payload": Document(S3Uri("bkt", "p.tar.gz"), b"rows"),
    }
    return Contents(**{**values, **changes})


def test_the_request_says_what_the_container_speaks() -> None:
    request = build("houses", contents(), "prices", "PendingManualApproval", {"team": "x"})
    report = ParamValidator().validate(request, MODEL.operation_model("CreateModelPackage").input_shape)
    assert not report.has_errors(), report.generate_report()
    specification = request["InferenceSpecification"]
    assert specification["Containers"] == [{"Image": IMAGE, "ModelDataUrl": "s3://bkt/m.tar.gz"}]
    types = ["text/csv", "application/json", "application/jsonlines", "application/x-npy"]
    assert specification["SupportedContentTypes"] == specification["SupportedResponseMIMETypes"] == types
    assert request["ModelMetrics"]["ModelQuality"]["Statistics"] == {
        "ContentType": "application/json",
        "ContentDigest": "sha256:" + hashlib.sha256(b"{}").hexdigest(),
        "S3Uri": "s3://bkt/q.json",
    }
    assert request["SamplePayloadUrl"] == "s3://bkt/p.tar.gz"
    assert (request["Domain"], request["Task"]) == ("MACHINE_LEARNING", "REGRESSION")
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    assert request["ModelPackageDescription"] == "prices"
    assert "Tags" not in request, "a version has its group's"


def test_the_machines_are_sagemakers() -> None:
    specification = build("houses", contents(), "", "Approved", {})["InferenceSpecification"]
    for key, shape in (
        ("SupportedRealtimeInferenceInstanceTypes", "ProductionVariantInstanceType"),
        ("SupportedTransformInstanceTypes", "TransformInstanceType"),
    ):
        assert set(specification[key]) <= set(MODEL.shape_for(shape).enum)


def test_what_there_is_not_is_left_out() -> None:
    request = build("houses", contents(manifest=None, metrics=None, payload=None), "", "Approved", {})
    assert not {"ModelMetrics", "SamplePayloadUrl", "ModelPackageDescription"} & set(request)
    assert request["Task"] == "OTHER"


def test_metadata_tells_where_the_model_comes_from() -> None:
    assert metadata(contents(), {"team": "x"}) == {
        "coppice:artifact": "f" * 64,
        "coppice:version": __version__,
        "coppice:model-id": manifest().model_id,
        "coppice:task": "regression",
        "coppice:engine": "sklearn",
        "coppice:made-with:python": "3.13.1",
        "coppice:made-with:scikit-learn": "1.7.0",
        "team": "x",
    }


def test_metadata_has_fifty_entries() -> None:
    most = {f"k{number}": "v" for number in range(43)}
    assert len(metadata(contents(), most)) == 50
    with pytest.raises(LimitError, match="--metadata takes 43 entries here; these are 44"):
        metadata(contents(), {**most, "one": "more"})


def test_pairs_are_read() -> None:
    assert parse_metadata(["team=prices", "formula=a=b"]) == {"team": "prices", "formula": "a=b"}


@pytest.mark.parametrize(
    ("pair", "refusal", "message"),
    [
        ("team", UsageError, "takes KEY=VALUE"),
        ("=x", UsageError, "takes KEY=VALUE"),
        ("team=", UsageError, "takes KEY=VALUE"),
        ("coppice:artifact=x", UsageError, "Coppice's own"),
        ("k" * 129 + "=v", LimitError, "at most 128"),
        ("k=" + "v" * 257, LimitError, "and a value 256"),
        ("k=v?", LimitError, "are allowed"),
        ("k=v\nw", LimitError, "are allowed"),
    ],
)
def test_what_sagemaker_refuses_is_refused(pair: str, refusal: type, message: str) -> None:
    with pytest.raises(refusal, match=message) as refused:
        parse_metadata([pair])
    assert refused.value.exit_code == 2


def test_texts_are_one_line() -> None:
    check_text("häuser – 3.2 %", "--note")
    check_text("x" * 1024, "--note")
    with pytest.raises(LimitError, match="--note has at most 1,024"):
        check_text("x" * 1025, "--note")
    with pytest.raises(LimitError, match="--note is one line"):
        check_text("a\nb", "--note")
