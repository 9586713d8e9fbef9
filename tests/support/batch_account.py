"""What a transform job needs around it: S3, a model, logs that are kept, and instances that are functions."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from local_cloud import REGION, LocalCloud

from local_test.emulator.aws import Aws
from local_test.emulator.batch.transforms import Transforms
from local_test.emulator.instances.instance import Exit, Lines
from local_test.emulator.instances.starter import Started, Wanted
from local_test.emulator.options import Options
from local_test.emulator.store import Document, Key, Kind, Store

Answer = Callable[[str, Mapping[str, str], bytes], tuple[int, bytes]]
"""What an instance says to a path, headers and a body."""
PATIENCE = 60


class FunctionInstance:
    """An instance whose answers come from a function."""

    def __init__(self, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, said = answer(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(said)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.id = secrets.token_hex(6)
        self.host = "127.0.0.1"
        self._server = ThreadingHTTPServer((self.host, 0), Handler)
        self.port = self._server.server_port
        self.stopped = False
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def ended(self) -> Exit | None:
        return Exit(137, False) if self.stopped else None

    def memory_bytes(self) -> int:
        return 0

    def memory_now(self) -> int:
        return 0

    def stop(self, grace: float) -> None:
        self.stopped = True
        self._server.shutdown()
        self._server.server_close()


class FunctionStarter:
    """Starts such instances, and keeps them and what was wanted."""

    def __init__(self) -> None:
        self.answer: Answer = lambda path, headers, body: (200, body)
        self.wanted: list[Wanted] = []
        self.instances: list[FunctionInstance] = []
        self.failure: Exception | None = None

    def start(self, wanted: Wanted, lines: Lines, cancelled: Callable[[], bool] = lambda: False) -> Started:
        if self.failure is not None:
            raise self.failure
        lines(b"serving")
        self.wanted.append(wanted)
        self.instances.append(FunctionInstance(self.answer))
        return Started(self.instances[-1], 0, 0)


class KeptLogs:
    """Log streams as lists of lines, by name."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {}

    def open(self, region: str, group: str, name: str) -> KeptStream:
        assert (region, group) == (REGION, "/aws/sagemaker/TransformJobs")
        return KeptStream(self.lines.setdefault(name, []))

    def flush(self) -> None:
        pass

    def data_log(self) -> list[str]:
        """The service's own lines, without their time."""
        (found,) = (lines for name, lines in self.lines.items() if name.endswith("/data-log"))
        return [line.partition(":[sagemaker logs]: ")[2] for line in found]


class KeptStream:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def write(self, line: bytes) -> None:
        self._lines.append(line.decode())


class BatchAccount:
    """The bucket `rows`, the model `houses`, and jobs over them."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.s3 = cloud.client("s3")
        self.s3.create_bucket(Bucket="rows", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.store = Store(None)
        self.starter = FunctionStarter()
        self.logs = KeptLogs()
        self.transforms = Transforms(self.store, self.starter, Aws(cloud.address), self.logs, Options())
        container = {
            "Image": "coppice:1",
            "ModelDataUrl": "s3://rows/model.tar.gz",
            "Environment": {"A": "1", "B": "1"},
        }
        self.store.put(Key(Kind.MODEL, REGION, "houses"), {"ModelName": "houses", "PrimaryContainer": container})

    def put(self, **objects: bytes) -> None:
        """Objects below in/; `__` in a name stands for a slash, `_` for a dot."""
        for name, body in objects.items():
            key = name.replace("__", "/").replace("_", ".")
            self.s3.put_object(Bucket="rows", Key=f"in/{key}", Body=body)

    def start(self, **members: Any) -> Key:
        """A job; `Input` and `Output` are what is to be different in TransformInput and TransformOutput."""
        source = members.pop("Source", {"S3DataType": "S3Prefix", "S3Uri": "s3://rows/in/"})
        came = {"DataSource": {"S3DataSource": source}, "ContentType": "text/csv", "SplitType": "Line"}
        name = f"job-{secrets.token_hex(3)}"
        document: Document = {
            "TransformJobName": name,
            "TransformJobStatus": "InProgress",
            "ModelName": "houses",
            "TransformInput": came | members.pop("Input", {}),
            "TransformOutput": {"S3OutputPath": "s3://rows/out"} | members.pop("Output", {}),
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": members.pop("Instances", 1)},
            "CreationTime": time.time(),
            **members,
        }
        key = Key(Kind.TRANSFORM_JOB, REGION, name)
        self.store.put(key, document)
        self.transforms.run(key)
        return key

    def end(self, key: Key) -> Document:
        """The document of a job that has ended."""
        give_up = time.monotonic() + PATIENCE
        while True:
            document = self.store.get(key)
            assert document is not None
            if document["TransformJobStatus"] not in ("InProgress", "Stopping"):
                return document
            assert time.monotonic() < give_up, "the job doesn't end"
            time.sleep(0.01)

    def run(self, **members: Any) -> Document:
        """Start a job and wait for its end."""
        return self.end(self.start(**members))

    def outputs(self) -> dict[str, bytes]:
        """What lies below out/."""
        listed = self.s3.list_objects_v2(Bucket="rows", Prefix="out/").get("Contents", [])
        keys = [entry["Key"] for entry in listed]
        return {key[4:]: self.s3.get_object(Bucket="rows", Key=key)["Body"].read() for key in keys}


@contextmanager
def batch_account(cloud: LocalCloud) -> Iterator[BatchAccount]:
    """An empty one, and an end to it."""
    cloud.moto.reset()
    account = BatchAccount(cloud)
    try:
        yield account
    finally:
        account.transforms.close()
        account.store.close()
        assert all(instance.stopped for instance in account.starter.instances)
