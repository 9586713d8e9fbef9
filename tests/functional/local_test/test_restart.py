"""What moto's services know survives a restart: the same state, seen through boto3, from the journal alone."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from local_cloud import REGION, LocalCloud

Restart = Callable[[], LocalCloud]
HERE = {"LocationConstraint": REGION}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def restart(tmp_path: Path) -> Iterator[Restart]:
    """A cloud; the next call ends the last one without a word and starts another from its file."""
    up: list[LocalCloud] = []

    def restart() -> LocalCloud:
        if up:
            up.pop().close()
        up.append(LocalCloud(tmp_path / "state.sqlite"))
        return up[-1]

    yield restart
    up.pop().close()


def body_of(s3: Any, key: str, **version: str) -> bytes:
    return bytes(s3.get_object(Bucket="rows", Key=key, **version)["Body"].read())


def send(cloud: LocalCloud, method: str, path: str, body: Any = None, **headers: str) -> int:
    caller = http.client.HTTPConnection(cloud.address.removeprefix("http://"), timeout=30)
    try:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        caller.request(method, path, body, named, encode_chunked="Transfer-Encoding" in named)
        answer = caller.getresponse()
        answer.read()
        return answer.status
    finally:
        caller.close()


def test_signed_presigned_unsigned_and_chunked_objects(restart):
    cloud = restart()
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="rows", CreateBucketConfiguration=HERE)
    s3.put_object(Bucket="rows", Key="a b/ü.csv", Body=b"signed", Metadata={"under_score": "1"})
    url = s3.generate_presigned_url("put_object", {"Bucket": "rows", "Key": "presigned"})
    assert send(cloud, "PUT", url.removeprefix(cloud.address), b"presigned") == 200
    assert send(cloud, "PUT", "/rows/unsigned", b"unsigned") == 200
    assert send(cloud, "PUT", "/rows/chunked", iter([b"chun", b"ked"]), Transfer_Encoding="chunked") == 200
    aws_chunked = b"4\r\naws-\r\n7\r\nchunked\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
    headers = {
        "Content_Encoding": "aws-chunked",
        "X_Amz_Content_SHA256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X_Amz_Decoded_Content_Length": "11",
        "X_Amz_Trailer": "x-amz-checksum-crc32",
        "Expect": "100-continue",
    }
    assert send(cloud, "PUT", "/rows/aws-chunked", aws_chunked, **headers) == 200

    s3 = restart().client("s3")
    assert s3.head_object(Bucket="rows", Key="a b/ü.csv")["Metadata"] == {"under_score": "1"}
    bodies = {"a b/ü.csv": b"signed", "aws-chunked": b"aws-chunked"}
    for key in ("presigned", "unsigned", "chunked"):
        bodies[key] = key.encode()
    assert {key: body_of(s3, key) for key in bodies} == bodies


def test_uploads_in_parts(restart):
    s3 = restart().client("s3")
    s3.create_bucket(Bucket="rows", CreateBucketConfiguration=HERE)
    done, left, gone = (s3.create_multipart_upload(Bucket="rows", Key=key)["UploadId"] for key in ("a", "b", "c"))
    part = {"Bucket": "rows", "PartNumber": 1, "Body": b"x" * (5 << 20)}
    tag = s3.upload_part(**part, Key="a", UploadId=done)["ETag"]
    last = s3.upload_part(**part | {"PartNumber": 2, "Body": b"y"}, Key="a", UploadId=done)["ETag"]
    s3.upload_part(**part, Key="b", UploadId=left)
    s3.upload_part(**part, Key="c", UploadId=gone)
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}, {"PartNumber": 2, "ETag": last}]}
    s3.complete_multipart_upload(Bucket="rows", Key="a", UploadId=done, MultipartUpload=parts)
    s3.abort_multipart_upload(Bucket="rows", Key="c", UploadId=gone)

    s3 = restart().client("s3")
    assert body_of(s3, "a")[-2:] == b"xy"
    assert [upload["Key"] for upload in s3.list_multipart_uploads(Bucket="rows")["Uploads"]] == ["b"]
    s3 = restart().client("s3")  # a second time from the same entries
    assert body_of(s3, "a")[-2:] == b"xy"


def test_what_was_deleted_stays_deleted_and_versions_keep_their_ids(restart):
    s3 = restart().client("s3")
    s3.create_bucket(Bucket="rows", CreateBucketConfiguration=HERE)
    for key in ("a", "b", "c", "d"):
        s3.put_object(Bucket="rows", Key=key, Body=key.encode())
    s3.delete_object(Bucket="rows", Key="a")
    s3.delete_objects(Bucket="rows", Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})
    s3.put_bucket_versioning(Bucket="rows", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="rows", Key="d", Body=b"first")["VersionId"]
    second = s3.put_object(Bucket="rows", Key="d", Body=b"second")["VersionId"]
    s3.delete_object(Bucket="rows", Key="d", VersionId=second)

    s3 = restart().client("s3")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket="rows")["Contents"]] == ["d"]
    assert body_of(s3, "d", VersionId=first) == b"first"
    assert body_of(s3, "d") == b"first"


def test_made_up_ids_are_the_same_again(restart):
    iam = restart().client("iam")
    role = iam.create_role(RoleName="a", AssumeRolePolicyDocument=POLICY)["Role"]["RoleId"]
    iam.create_user(UserName="u")
    keys = [iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    iam.delete_access_key(UserName="u", AccessKeyId=keys[0])
    iam = restart().client("iam")
    assert iam.get_role(RoleName="a")["Role"]["RoleId"] == role
    assert [key["AccessKeyId"] for key in iam.list_access_keys(UserName="u")["AccessKeyMetadata"]] == keys[1:]


def test_refusals_sessions_and_what_was_reset_are_forgotten(restart):
    cloud = restart()
    with pytest.raises(ClientError):
        cloud.client("s3").put_object(Bucket="none", Key="a", Body=b"")
    cloud.client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/a", RoleSessionName="session")
    cloud.client("s3").create_bucket(Bucket="rows", CreateBucketConfiguration=HERE)
    cloud.moto.reset()
    cloud.client("s3").create_bucket(Bucket="later", CreateBucketConfiguration=HERE)
    assert [bucket["Name"] for bucket in restart().client("s3").list_buckets()["Buckets"]] == ["later"]


def test_numbers_and_lines(restart):
    cloud = restart()
    numbers = [{"MetricName": "Invocations", "Value": 3, "Unit": "Count"}]
    cloud.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=numbers)
    logs = cloud.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    logs.put_log_events(
        logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}]
    )
    cloud = restart()
    assert cloud.client("cloudwatch").list_metrics()["Metrics"][0]["MetricName"] == "Invocations"
    assert cloud.client("logs").get_log_events(logGroupName="g", logStreamName="s")["events"][0]["message"] == "m"


NAMES = st.sampled_from(["a", "b/c", "d e"])
CHANGES = st.one_of(
    st.tuples(st.just("put"), NAMES, st.binary(max_size=20)),
    st.tuples(st.just("delete"), NAMES),
    st.tuples(st.just("tag"), NAMES, st.text("xyz", max_size=3)),
    st.tuples(st.just("copy"), NAMES, NAMES),
    st.tuples(st.just("role"), st.sampled_from("pq")),
    st.tuples(st.just("unrole"), st.sampled_from("pq")),
    st.tuples(st.just("policy"), st.sampled_from("pq"), st.sampled_from("mn")),
    st.tuples(st.just("repository"), st.sampled_from(["ra", "rb"])),
    st.tuples(st.just("unrepository"), st.sampled_from(["ra", "rb"])),
)


def change(cloud: LocalCloud, what: str, name: str, more: Any = None) -> None:
    s3, iam, ecr = (cloud.client(service) for service in ("s3", "iam", "ecr"))
    known: dict[str, Callable[[], Any]] = {
        "put": lambda: s3.put_object(Bucket="rows", Key=name, Body=more),
        "delete": lambda: s3.delete_object(Bucket="rows", Key=name),
        "tag": lambda: s3.put_object_tagging(
            Bucket="rows", Key=name, Tagging={"TagSet": [{"Key": "t", "Value": more}]}
        ),
        "copy": lambda: s3.copy_object(Bucket="rows", Key=name, CopySource=f"rows/{quote(more)}"),
        "role": lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=POLICY),
        "unrole": lambda: iam.delete_role(RoleName=name),
        "policy": lambda: iam.put_role_policy(RoleName=name, PolicyName=more, PolicyDocument=POLICY),
        "repository": lambda: ecr.create_repository(repositoryName=name),
        "unrepository": lambda: ecr.delete_repository(repositoryName=name, force=True),
    }
    with contextlib.suppress(ClientError):  # it isn't there, or there already: a restart has to agree
        known[what]()


def seen(cloud: LocalCloud) -> dict[str, Any]:
    """All of it but the times, which are those of the restart."""
    s3, iam, ecr = (cloud.client(service) for service in ("s3", "iam", "ecr"))
    keys = [entry["Key"] for entry in s3.list_objects_v2(Bucket="rows").get("Contents", [])]
    roles = iam.list_roles()["Roles"]
    return {
        "objects": {key: body_of(s3, key) for key in keys},
        "tags": {key: s3.get_object_tagging(Bucket="rows", Key=key)["TagSet"] for key in keys},
        "roles": {role["RoleName"]: role["RoleId"] for role in roles},
        "policies": {
            role["RoleName"]: iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"] for role in roles
        },
        "repositories": [found["repositoryName"] for found in ecr.describe_repositories()["repositories"]],
    }


@settings(max_examples=4)
@given(done=st.lists(CHANGES, max_size=20))
def test_whatever_was_done(tmp_path_factory, done):
    file = tmp_path_factory.mktemp("state") / "state.sqlite"
    cloud = LocalCloud(file)
    try:
        cloud.client("s3").create_bucket(Bucket="rows", CreateBucketConfiguration=HERE)
        for step in done:
            change(cloud, *step)
        before = seen(cloud)
        cloud.close()
        cloud = LocalCloud(file)
        assert seen(cloud) == before
    finally:
        cloud.close()


def test_what_moto_does_not_know_is_an_error_that_clients_read(restart):
    cloud = restart()
    for service, call in (("health", lambda client: client.describe_events()),
                          ("service-quotas", lambda client: client.list_service_quotas(ServiceCode="sagemaker")),
                          ("iam", lambda client: client.list_policies_granting_service_access(
                              Arn="arn:aws:iam::123456789012:role/r", ServiceNamespaces=["s3"]))):  # fmt: skip
        with pytest.raises(ClientError, match="has not been implemented") as caught:
            call(cloud.client(service))
        assert caught.value.response["Error"]["Code"] == "NotImplemented"
