"""Which requests the journal takes, and what it gives back."""

from __future__ import annotations

import pytest

from local_test.emulator.journal import Entry, Journal, changes, replay


def request(method: str = "POST", path: str = "/", service: str = "", query: str = "", target: str = "") -> dict:
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query}
    if service:
        environ["HTTP_AUTHORIZATION"] = (
            f"AWS4-HMAC-SHA256 Credential=testing/20261124/eu-west-1/{service}/aws4_request, SignedHeaders=host"
        )
    if target:
        environ["HTTP_X_AMZ_TARGET"] = target
    return environ


ECR = "AmazonEC2ContainerRegistry_V20150921"
CBOR = "/service/GraniteServiceVersion20100801/operation"


@pytest.mark.parametrize(
    ("environ", "body", "changing"),
    [
        (request("GET", "/bucket/key", "s3"), b"", False),
        (request("HEAD", "/bucket/key", "s3"), b"", False),
        (request("PUT", "/bucket/key", "s3"), b"x", True),
        (request("DELETE", "/bucket/key", "s3"), b"", True),
        (request("POST", "/bucket", "s3", query="delete"), b"<Delete/>", True),
        (request("POST", "/bucket/key", "s3", query="uploads"), b"", True),
        (request("PUT", "/bucket/key", query="X-Amz-Signature=1"), b"x", True),
        (request("PUT", "/bucket/key"), b"Action=GetUser", True),
        (request(service="ecr", target=f"{ECR}.DescribeImages"), b"{}", False),
        (request(service="ecr", target=f"{ECR}.BatchCheckLayerAvailability"), b"{}", False),
        (request(service="ecr", target=f"{ECR}.GetAuthorizationToken"), b"{}", False),
        (request(service="ecr", target=f"{ECR}.BatchDeleteImage"), b"{}", True),
        (request(service="ecr", target=f"{ECR}.StartImageScan"), b"{}", True),
        (request(service="logs", target="Logs_20140328.PutLogEvents"), b"{}", True),
        (request(service="logs", target="Logs_20140328.FilterLogEvents"), b"{}", False),
        (request(service="logs", target="Logs_20140328.StartQuery"), b"{}", False),
        (request(service="servicequotas", target="ServiceQuotasV20190624.ListServiceQuotas"), b"{}", False),
        (request(path=f"{CBOR}/PutMetricData", service="monitoring"), b"", True),
        (request(path=f"{CBOR}/GetMetricData", service="monitoring"), b"", False),
        (request(service="iam"), b"Action=CreateRole&Version=2010-05-08&RoleName=GetRole", True),
        (request(service="iam"), b"Version=2010-05-08&Action=GetRole&RoleName=a", False),
        (request("GET", service="iam", query="Action=CreateUser&Version=2010-05-08"), b"", True),
        (request(service="iam"), b"Action=SimulatePrincipalPolicy&Version=2010-05-08", False),
        (request(service="sns"), b"Action=Publish&Version=2010-03-31", True),
        (request(service="sqs", target="AmazonSQS.SendMessage"), b"{}", True),
        (request(service="cloudformation"), b"Action=CreateStack&Version=2010-05-15", True),
        (request(service="cloudformation"), b"Action=DescribeStacks&Version=2010-05-15", False),
        (request(service="sts"), b"Action=AssumeRole&Version=2011-06-15", False),
        (request(), b"Action=AssumeRoleWithWebIdentity&Version=2011-06-15", False),
        (request("OPTIONS", "/bucket/key"), b"", False),
    ],
)
def test_what_changes_something(environ: dict, body: bytes, changing: bool) -> None:
    assert changes(environ, body) == changing


def test_entries_come_back_in_order_and_whole(tmp_path):
    journal = Journal(tmp_path / "state.sqlite")
    written = [Entry({**request("PUT", f"/b/{n}"), "moto.names": {"A": "a_b"}}, bytes([n]), n, None) for n in range(3)]
    for entry in written:
        strange = entry.environ | {"wsgi.input": object(), "werkzeug.socket": object(), "wsgi.url_scheme": "http"}
        journal.append(entry._replace(environ=strange))
    journal.close()
    journal = Journal(tmp_path / "state.sqlite")
    assert list(journal) == written
    journal.clear()
    assert list(journal) == []
    journal.close()


def test_without_a_file_nothing_is_kept():
    journal = Journal(None)
    journal.append(Entry(request("PUT", "/b/k"), b"", 1, None))
    assert list(journal) == []
    journal.close()


def test_later_entries_are_told_the_new_id_of_an_upload(tmp_path):
    journal = Journal(tmp_path / "state.sqlite")
    journal.append(Entry(request("POST", "/b/k", query="uploads"), b"", 1, "old"))
    journal.append(Entry(request("PUT", "/b/k", query="uploadId=old&partNumber=1"), b"x", 2, None))
    journal.append(Entry(request("DELETE", "/b/k", query="uploadId=older"), b"", 3, None))
    asked = []

    def ask(entry: Entry) -> str | None:
        asked.append(entry.environ["QUERY_STRING"])
        return "new" if entry.upload else None

    replay(journal, ask)
    journal.close()
    assert asked == ["uploads", "uploadId=new&partNumber=1", "uploadId=older"]
