from __future__ import annotations

import json

from deploy.aws.invocation import ContainerSaidNo
from deploy.invoke.refusal import explain

ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/sagemaker/Endpoints/houses"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/"


def said(status: int, body: str, arn: str = "") -> tuple[str, str]:
    error = explain(ContainerSaidNo(status, body, arn), "coppice logs houses")
    assert (error.exit_code, error.code) == (1, "model_error")
    return error.message, error.hint


def test_our_own_error_is_shown_as_it_was_meant():
    body = {"error": {"code": "bad_value", "message": "Row 1 is bad.", "hint": "Mend it.", "request_id": "r1"}}
    message, hint = said(400, json.dumps(body), ARN)
    assert message == "Row 1 is bad. (bad_value, HTTP 400)"
    assert hint.splitlines() == [
        "Mend it.",
        "request id r1",
        "log: coppice logs houses",
        CONSOLE + "$252Faws$252Fsagemaker$252FEndpoints$252Fhouses",
    ]


def test_a_stream_is_linked_to_and_another_partition_s_console():
    stream = ARN.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1") + ":log-stream:AllTraffic/i-1"
    link = said(500, "no", stream)[1].splitlines()[-1]
    assert link.startswith("https://cn-north-1.console.amazonaws.cn/")
    assert link.endswith("Endpoints$252Fhouses/log-events/AllTraffic$252Fi-1")


def test_anything_else_is_shown_as_it_is():
    assert said(500, "<html>boom</html>")[0] == "The container answered HTTP 500: <html>boom</html>"
    assert said(500, '{"error": "text"}')[0] == 'The container answered HTTP 500: {"error": "text"}'
    assert said(502, "")[0] == "The container answered HTTP 502: nothing"


def test_out_of_memory_and_out_of_time_come_with_what_helps():
    assert "--memory" in said(500, "... due to insufficient memory")[1]
    message, hint = said(0, "Your invocation timed out while waiting for a response from container primary.")
    assert message.startswith("The container didn't answer in time")
    assert "60 s" in hint
