from werkzeug.test import Client
from werkzeug.wrappers import Response

from local_test.emulator.app import DEFAULT_REGION, App

SIGNED = "AWS4-HMAC-SHA256 Credential=any/20261124/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def named(name):
    return lambda request, region="": Response(f"{name} {region}".strip())


APP = App(
    runtime=named("runtime"),
    sagemaker=named("sagemaker"),
    scaling=named("scaling"),
    ecr=named("ecr"),
    admin=named("admin"),
    page=named("page"),
    others=named("moto"),
)


def ask(path, service="", target=""):
    headers = {"Authorization": SIGNED.format(service)} if service else {}
    if target:
        headers["X-Amz-Target"] = target
    return Client(APP).post(path, headers=headers)


def test_a_request_goes_to_the_service_it_was_signed_for():
    assert ask("/endpoints/houses/invocations", "sagemaker").text == "runtime eu-west-1"
    assert ask("/", "sagemaker", "SageMaker.CreateModel").text == "sagemaker eu-west-1"
    assert ask("/", "application-autoscaling", "AnyScaleFrontendService.PutScalingPolicy").text == "scaling eu-west-1"
    assert ask("/", "ecr", "AmazonEC2ContainerRegistry_V20150921.DescribeImages").text == "ecr eu-west-1"
    assert ask("/", "logs", "Logs_20140328.PutLogEvents").text == "moto"
    assert ask("/bucket/key", "s3").text == "moto"


def test_a_bucket_may_be_called_endpoints():
    assert ask("/endpoints/houses/invocations", "s3").text == "moto"


def test_an_unsigned_request_is_motos_in_the_default_region():
    assert ask("/bucket/key").text == "moto"
    assert ask("/_coppice/status").text == f"admin {DEFAULT_REGION}"


def test_the_page_has_paths_of_its_own_and_the_address_for_browsers():
    for path in ("/_coppice/", "/_coppice/example"):
        assert Client(APP).get(path).text == f"page {DEFAULT_REGION}"
    assert Client(APP).get("/", headers={"Accept": "text/html"}).text == f"page {DEFAULT_REGION}"
    assert Client(APP).get("/").text == "moto"
    signed = {"Accept": "text/html", "Authorization": SIGNED.format("s3")}
    assert Client(APP).get("/", headers=signed).text == "moto"


def test_every_answer_has_a_request_id():
    first, second = ask("/bucket/key"), ask("/bucket/key")
    assert first.headers["x-amzn-RequestId"] != second.headers["x-amzn-RequestId"]


def test_a_page_from_elsewhere_reaches_no_service():
    page = {"Origin": "http://elsewhere.example"}
    for path, method in (("/bucket/key", "GET"), ("/", "OPTIONS"), ("/_coppice/status", "GET")):
        answer = Client(APP).open(path, method=method, headers=page)
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_a_call_that_nobody_signed_is_refused_as_aws_refuses_it():
    answer = ask("/endpoints/houses/invocations")
    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, "MissingAuthenticationTokenException")
    assert "Missing Authentication Token. Sign the call" in answer.text


def test_a_presigned_url_names_its_service_too():
    scope = "any/20261124/eu-west-1/{}/aws4_request"
    url = f"/endpoints/houses/invocations?X-Amz-Credential={scope}"
    assert ask(url.format("sagemaker")).text == "runtime eu-west-1"
    assert ask(url.format("s3")).text == "moto"
