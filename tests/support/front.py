"""Stands before moto's server: answers what moto can't, and fails where a test wants it to.

moto 5.2.5 has no UpdateEndpoint, ignores ServerlessUpdateConfig, and doesn't know DesiredProvisionedConcurrency.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

Answer = tuple[int, dict[str, Any]]
Fault = Callable[[], Answer | None]
"""Called when its operation comes; an Answer is given instead of moto's."""


def refused(code: str, message: str = "no", status: int = 400) -> Answer:
    return status, {"__type": code, "message": message}


class Front:
    """A proxy with a memory for what moto forgets. `calls` are the operations that came, in order."""

    def __init__(self, address: str) -> None:
        self._moto = urlsplit(address).netloc
        self.calls: list[str] = []
        self._before: dict[str, list[Fault]] = {}
        self._after: dict[str, list[Fault]] = {}
        self._endpoints: dict[str, dict[str, Any]] = {}
        self._statuses: list[dict[str, Any]] = []
        self._scaling: dict[str, dict[str, Any]] = {}
        front = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                front._handle(self)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _do  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    # What a test asks for

    def before(self, operation: str, *faults: Fault) -> None:
        """Instead of the next calls of an operation, which moto doesn't see."""
        self._before.setdefault(operation, []).extend(faults)

    def after(self, operation: str, *faults: Fault) -> None:
        """Once moto has done the next calls of an operation."""
        self._after.setdefault(operation, []).extend(faults)

    def statuses(self, *overlays: dict[str, Any]) -> None:
        """What the next DescribeEndpoint calls show, one each; the last one stays."""
        self._statuses = list(overlays)

    @staticmethod
    def interrupt() -> None:
        """Ctrl-C, in the process under test, which is this one."""
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(0.2)

    # Requests

    def _handle(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        operation = _operation(request)
        self.calls.append(operation)
        fault = self._next(self._before, operation)
        answer = fault() if fault else None
        if answer is None and operation in self._own:
            answer = self._own[operation](self, json.loads(body))
        if answer is None:
            status, headers, content = self._forward(request, body)
            content = self._overlay(operation, status, content)
            late = self._next(self._after, operation)
            answer = late() if late else None
            if answer is None:
                self._reply(request, status, headers, content)
                return
        status, document = answer
        error = [("x-amzn-errortype", document["__type"])] if "__type" in document else []
        self._reply(
            request, status, [("Content-Type", "application/x-amz-json-1.1"), *error], json.dumps(document).encode()
        )

    @staticmethod
    def _next(faults: dict[str, list[Fault]], operation: str) -> Fault | None:
        waiting = faults.get(operation)
        return waiting.pop(0) if waiting else None

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(self._moto, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name.lower() != "expect"}
        connection.request(request.command, request.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        kept = [
            (n, v)
            for n, v in answer.getheaders()
            if n.lower() not in ("transfer-encoding", "connection", "date", "server")
        ]
        return answer.status, kept, content

    @staticmethod
    def _reply(request: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        request.send_response(status)
        for name, value in headers:
            if name.lower() != "content-length" or request.command == "HEAD":
                request.send_header(name, value)
        if request.command != "HEAD":
            request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(content)

    def sagemaker(self, operation: str, document: dict[str, Any]) -> dict[str, Any]:
        """One call to moto's SageMaker."""
        connection = http.client.HTTPConnection(self._moto, timeout=30)
        headers = {
            "X-Amz-Target": f"SageMaker.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=testing/20260101/eu-west-1/sagemaker/aws4_request, "
            "SignedHeaders=host, Signature=x",
        }
        connection.request("POST", "/", json.dumps(document), headers)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        connection.close()
        return found

    # What moto can't

    def _overlay(self, operation: str, status: int, content: bytes) -> bytes:
        if operation == "DeleteEndpoint":
            self._endpoints.clear()
        if operation != "DescribeEndpoint" or status != 200:
            return content
        shown = json.loads(content)
        shown.update(self._endpoints.get(shown["EndpointName"], {}))
        if self._statuses:
            shown.update(self._statuses[0])
            del self._statuses[: len(self._statuses) > 1]
        return json.dumps(shown).encode()

    def _update_endpoint(self, asked: dict[str, Any]) -> Answer:
        config = self.sagemaker("DescribeEndpointConfig", {"EndpointConfigName": asked["EndpointConfigName"]})
        variant = config["ProductionVariants"][0]
        shown: dict[str, Any] = {"VariantName": variant["VariantName"]}
        if "ServerlessConfig" in variant:
            shown["CurrentServerlessConfig"] = variant["ServerlessConfig"]
        else:
            shown["CurrentInstanceCount"] = shown["DesiredInstanceCount"] = variant["InitialInstanceCount"]
        self._endpoints[asked["EndpointName"]] = {
            "EndpointConfigName": asked["EndpointConfigName"],
            "ProductionVariants": [shown],
        }
        return 200, {"EndpointArn": f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint/{asked['EndpointName']}"}

    def _update_capacity(self, asked: dict[str, Any]) -> Answer:
        name, desired = asked["EndpointName"], asked["DesiredWeightsAndCapacities"][0]
        shown = self.sagemaker("DescribeEndpoint", {"EndpointName": name}) | self._endpoints.get(name, {})
        variant = dict(shown["ProductionVariants"][0])
        if "ServerlessUpdateConfig" in desired:
            variant["CurrentServerlessConfig"] = variant["CurrentServerlessConfig"] | desired["ServerlessUpdateConfig"]
        else:
            variant["CurrentInstanceCount"] = variant["DesiredInstanceCount"] = desired["DesiredInstanceCount"]
        self._endpoints.setdefault(name, {})["ProductionVariants"] = [variant]
        return 200, {"EndpointArn": shown["EndpointArn"]}

    def _register(self, asked: dict[str, Any]) -> Answer:
        self._scaling[asked["ResourceId"]] = {"target": asked, "policies": []}
        return 200, {"ScalableTargetARN": "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/1"}

    def _put_policy(self, asked: dict[str, Any]) -> Answer:
        self._scaling[asked["ResourceId"]]["policies"].append(asked)
        return 200, {"PolicyARN": "arn:aws:autoscaling:eu-west-1:123456789012:scalingPolicy:1", "Alarms": []}

    def _targets(self, asked: dict[str, Any]) -> Answer:
        found = [self._scaling[name]["target"] for name in asked["ResourceIds"] if name in self._scaling]
        return 200, {"ScalableTargets": [{**target, "RoleARN": "r", "CreationTime": 0} for target in found]}

    def _policies(self, asked: dict[str, Any]) -> Answer:
        found = self._scaling.get(asked["ResourceId"], {"policies": []})["policies"]
        return 200, {"ScalingPolicies": [{**policy, "PolicyARN": "a", "CreationTime": 0} for policy in found]}

    def _deregister(self, asked: dict[str, Any]) -> Answer:
        if self._scaling.pop(asked["ResourceId"], None) is None:
            return refused("ObjectNotFoundException", "No scalable target found")
        return 200, {}

    _own: ClassVar[dict[str, Callable[[Front, dict[str, Any]], Answer]]] = {
        "UpdateEndpoint": _update_endpoint,
        "UpdateEndpointWeightsAndCapacities": _update_capacity,
        "RegisterScalableTarget": _register,
        "PutScalingPolicy": _put_policy,
        "DescribeScalableTargets": _targets,
        "DescribeScalingPolicies": _policies,
        "DeregisterScalableTarget": _deregister,
    }


def _operation(request: BaseHTTPRequestHandler) -> str:
    target = request.headers.get("X-Amz-Target")
    if target:
        return target.rpartition(".")[2]
    path = urlsplit(request.path).path.strip("/")
    if path.startswith("endpoints/"):
        return "InvokeEndpoint"
    kind = "Object" if "/" in path else "Bucket"
    return {"PUT": "Put", "GET": "Get", "HEAD": "Head", "DELETE": "Delete", "POST": "Post"}[request.command] + kind
