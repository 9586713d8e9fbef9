"""Asynchronous calls through boto3, with moto's S3 and SNS around them and a hosting that is played."""

from __future__ import annotations

import base64
import json
import threading
import time
from contextlib import contextmanager

import pytest

from local_test.emulator.errors import ServiceError
from local_test.emulator.hosting.asynchronous import Asynchronous
from local_test.emulator.instances.exchange import Answer
from local_test.emulator.limits import Limits
from local_test.emulator.observe.metrics import Metrics
from local_test.emulator.protocol import refusal
from local_test.emulator.store import Key, Kind, Store

REGION = "eu-west-1"
ENDPOINT = Key(Kind.ENDPOINT, REGION, "e")
LONG = 60


class Played:
    """A hosting whose container doubles its input; it can be told to wait, and remembers what it was asked."""

    def __init__(self):
        self.go = threading.Event()
        self.go.set()
        self.asked = []
        self.status = 200
        self.error = None
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def call(self, endpoint, variant, question, seconds, max_bytes):
        with self._lock:
            self.asked.append((question, seconds))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.go.wait(LONG)
        with self._lock:
            self.at_once -= 1
        if self.error is not None:
            raise self.error
        return Answer(self.status, (("content-type", "text/csv"),), question.body * 2)


class Stage:
    """What a test plays with."""

    def __init__(self, store, config=None, instances=1):
        self.store = store
        self.hosting = Played()
        self.aws = None
        self.metrics = None
        self.asynchronous = None
        config = {"OutputConfig": {"S3OutputPath": "s3://results/out/"}} | (config or {})
        variants = [{"VariantName": "AllTraffic", "CurrentInstanceCount": instances}]
        store.put(
            ENDPOINT, {"EndpointStatus": "InService", "AsyncInferenceConfig": config, "ProductionVariants": variants}
        )

    def runtime(self, request):
        try:
            return self.asynchronous(request, REGION, request.path.split("/")[2])
        except ServiceError as error:
            return refusal(error)

    def client(self, service):
        return self.aws.client(service, REGION)

    def put(self, name, body):
        self.client("s3").put_object(Bucket="inputs", Key=name, Body=body)
        return f"s3://inputs/{name}"

    def invoke(self, **members):
        return self.client("sagemaker-runtime").invoke_endpoint_async(EndpointName="e", **members)

    def read(self, location):
        """The object, as soon as it is there."""
        bucket, _, key = location.removeprefix("s3://").partition("/")
        s3 = self.client("s3")
        return wait_for(lambda: key in keys(s3, bucket) and s3.get_object(Bucket=bucket, Key=key))["Body"].read()


def keys(s3, bucket):
    return [found["Key"] for found in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


def wait_for(something):
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        found = something()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("it never came")


@contextmanager
def staged(moto, store=None, **settings):
    store = store or Store(None)
    stage = Stage(store, **settings)
    moto.reset()
    moto.runtime, stage.aws = stage.runtime, moto.aws
    stage.metrics = Metrics(stage.aws)
    stage.asynchronous = Asynchronous(store, stage.hosting, stage.aws, stage.metrics, Limits())
    for bucket in ("inputs", "results", "failures"):
        stage.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield stage
    stage.hosting.go.set()
    stage.asynchronous.close()
    stage.metrics.close()
    store.close()


@pytest.fixture
def stage(moto):
    with staged(moto) as stage:
        yield stage


def with_topics(stage, included=()):
    """Topics for both outcomes; gives what reads the messages that came."""
    sns, sqs = stage.client("sns"), stage.client("sqs")
    topic = sns.create_topic(Name="done")["TopicArn"]
    queue = sqs.create_queue(QueueName="messages")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    notified = {"SuccessTopic": topic, "ErrorTopic": topic, "IncludeInferenceResponseIn": list(included)}

    def change(document):
        document["AsyncInferenceConfig"]["OutputConfig"] |= {
            "NotificationConfig": notified,
            "S3FailurePath": "s3://failures/f",
        }

    stage.store.change(ENDPOINT, change)

    def message():
        (found,) = wait_for(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
        return json.loads(found["Body"])

    return message


def test_the_answer_comes_to_s3(stage):
    answer = stage.invoke(
        InputLocation=stage.put("a.csv", b"1,2\n"),
        ContentType="text/csv",
        Accept="text/csv",
        CustomAttributes="trace=1",
        InferenceId="mine",
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (answer["InferenceId"], answer["OutputLocation"]) == ("mine", "s3://results/out/mine.out")
    assert "FailureLocation" not in answer
    assert stage.read(answer["OutputLocation"]) == b"1,2\n1,2\n"
    assert stage.client("s3").head_object(Bucket="results", Key="out/mine.out")["ContentType"] == "text/csv"
    ((question, seconds),) = stage.hosting.asked
    assert (question.method, question.path, seconds) == ("POST", "/invocations", 900)
    assert dict(question.headers) == {
        "Content-Type": "text/csv",
        "Accept": "text/csv",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Inference-Id": "mine",
    }
    wait_for(lambda: stage.store.all(Kind.ASYNC_REQUEST) == [])


def test_a_name_is_made_up_where_the_caller_has_none(stage):
    answer = stage.invoke(InputLocation=stage.put("a", b"x"))
    assert answer["OutputLocation"] == f"s3://results/out/{answer['InferenceId']}.out"


def test_an_inline_body(stage):
    answer = stage.invoke(Body=b"inline", S3OutputPathExtension="today/", Filename="a.csv")
    assert answer["OutputLocation"] == "s3://results/out/today/a.csv"
    assert stage.read(answer["OutputLocation"]) == b"inlineinline"


def test_the_caller_says_how_long_it_may_take(stage):
    answer = stage.invoke(Body=b"x", InvocationTimeoutSeconds=3600)
    stage.read(answer["OutputLocation"])
    assert stage.hosting.asked[0][1] == 3600


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, "mutually exclusive"),
        ({"Body": b"x", "InputLocation": "s3://inputs/a"}, "mutually exclusive"),
        ({"Body": b"x" * 128_001}, "at most 128000 bytes"),
        ({"InputLocation": "https://inputs/a"}, "isn't s3://BUCKET/KEY"),
        ({"Body": b"x", "RequestTTLSeconds": 21601}, "'requestTTLSeconds' failed to satisfy constraint: Member must"),
        ({"Body": b"x", "InvocationTimeoutSeconds": 3601}, "less than or equal to 3600"),
        ({"Body": b"x", "Filename": "a.b.c"}, "'filename' failed to satisfy constraint"),
    ],
    ids=["neither", "both", "large", "https", "ttl", "timeout", "filename"],
)
def test_what_cant_be_is_refused(stage, members, words):
    runtime = stage.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError, match=words):
        stage.invoke(**members)
    assert stage.store.all(Kind.ASYNC_REQUEST) == []


def test_an_endpoint_that_isnt_asynchronous(stage):
    stage.store.put(ENDPOINT, {"EndpointStatus": "InService"})
    runtime = stage.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ValidationError, match="Endpoint e isn't asynchronous"):
        stage.invoke(Body=b"x")


def test_success_is_notified(stage):
    message = with_topics(stage)
    answer = stage.invoke(InputLocation=stage.put("a", b"x"), ContentType="text/csv", InferenceId="mine")
    found = message()
    assert found.pop("eventTime") > found.pop("receivedTime")
    assert found == {
        "awsRegion": REGION,
        "invocationStatus": "Completed",
        "requestParameters": {"contentType": "text/csv", "endpointName": "e", "inputLocation": "s3://inputs/a"},
        "responseParameters": {"contentType": "text/csv", "outputLocation": answer["OutputLocation"]},
        "inferenceId": "mine",
        "eventVersion": "1.0",
        "eventSource": "aws:sagemaker",
        "eventName": "InferenceResult",
    }


def test_a_notification_has_the_answer_where_that_is_wanted(stage):
    message = with_topics(stage, ["SUCCESS_NOTIFICATION_TOPIC"])
    stage.invoke(Body=b"x")
    assert base64.b64decode(message()["responseBody"]["content"]) == b"xx"
    stage.hosting.status = 500
    stage.invoke(Body=b"x")
    assert "responseBody" not in message()


def test_what_the_container_refuses_comes_to_the_failures(stage):
    message = with_topics(stage)
    stage.hosting.status = 415
    answer = stage.invoke(Body=b"no", InferenceId="mine")
    assert answer["FailureLocation"] == "s3://failures/f/mine-error.out"
    assert stage.read(answer["FailureLocation"]) == b"nono"
    found = message()
    assert found["invocationStatus"] == "Failed"
    assert found["failureReason"].startswith("ClientError: Received client error (415) from model.")
    assert keys(stage.client("s3"), "results") == []


def test_a_call_that_hosting_refuses_fails(stage):
    message = with_topics(stage)
    stage.hosting.error = ServiceError("ModelError", "it ran into insufficient memory", 424)
    answer = stage.invoke(Body=b"x")
    assert stage.read(answer["FailureLocation"]) == b"it ran into insufficient memory"
    assert message()["failureReason"] == "it ran into insufficient memory"


def test_an_input_that_isnt_there(stage):
    message = with_topics(stage)
    stage.invoke(InputLocation="s3://inputs/none")
    assert "s3://inputs/none can't be read" in message()["failureReason"]
    assert stage.hosting.asked == []


def test_so_many_at_a_time(moto):
    with staged(moto, config={"ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2}}, instances=2) as stage:
        stage.hosting.go.clear()
        answers = [stage.invoke(Body=b"%d" % number) for number in range(10)]
        wait_for(lambda: stage.hosting.at_once == 4)
        stage.hosting.go.set()
        for number, answer in enumerate(answers):
            assert stage.read(answer["OutputLocation"]) == b"%d" % number * 2
        assert stage.hosting.most_at_once == 4


def test_without_instances_requests_wait_and_the_backlog_shows_it(moto):
    with staged(moto, instances=0) as stage:
        answer = stage.invoke(Body=b"x")

        def backlog():
            stage.metrics.flush()
            return stage.client("cloudwatch").list_metrics(MetricName="HasBacklogWithoutCapacity")["Metrics"]

        assert wait_for(backlog)[0]["Dimensions"] == [{"Name": "EndpointName", "Value": "e"}]

        def scale(document):
            document["ProductionVariants"][0]["CurrentInstanceCount"] = 1

        stage.store.change(ENDPOINT, scale)
        assert stage.read(answer["OutputLocation"]) == b"xx"


def test_a_request_expires(moto, tmp_path):
    file = tmp_path / "state.sqlite"
    with staged(moto, Store(file), instances=0) as stage:
        stage.invoke(Body=b"x", RequestTTLSeconds=60)
        ((key, document),) = stage.store.all(Kind.ASYNC_REQUEST)
        assert document["expires"] - document["received"] == 60
        stage.store.put(key, document | {"expires": document["received"]})
    with staged(moto, Store(file)) as stage:
        message = with_topics(stage)
        stage.asynchronous.restore()
        assert message()["failureReason"].startswith("The request expired")
        assert stage.hosting.asked == []


def test_requests_survive_a_restart(moto, tmp_path):
    file = tmp_path / "state.sqlite"
    with staged(moto, Store(file), instances=0) as stage:
        answer = stage.invoke(Body=b"x")
    with staged(moto, Store(file)) as stage:
        stage.asynchronous.restore()
        assert stage.read(answer["OutputLocation"]) == b"xx"


def test_what_breaks_while_the_emulator_stops_is_asked_again(moto, tmp_path):
    file = tmp_path / "state.sqlite"
    with staged(moto, Store(file)) as stage:
        stage.hosting.go.clear()
        answer = stage.invoke(Body=b"x")
        wait_for(lambda: stage.hosting.asked)
        stage.asynchronous.stop()
        stage.hosting.error = ServiceError("ModelError", "closed", 424)
    with staged(moto, Store(file)) as stage:
        stage.asynchronous.restore()
        assert stage.read(answer["OutputLocation"]) == b"xx"


def test_a_deleted_endpoint_takes_its_requests_along(moto):
    with staged(moto, instances=0) as stage:
        stage.invoke(Body=b"x")
        stage.store.delete(ENDPOINT)
        wait_for(lambda: stage.store.all(Kind.ASYNC_REQUEST) == [])


def test_what_was_forgotten_is_neither_asked_nor_answered(stage):
    stage.hosting.go.clear()
    for body in (b"first", b"second"):
        stage.invoke(Body=body)
    wait_for(lambda: stage.hosting.asked)
    for key, _ in stage.store.all(Kind.ASYNC_REQUEST):
        stage.store.delete(key)
    stage.hosting.error = ServiceError("ModelError", "closed", 424)
    stage.hosting.go.set()
    wait_for(lambda: not stage.asynchronous._workers)
    assert len(stage.hosting.asked) == 1
    assert keys(stage.client("s3"), "results") == []
