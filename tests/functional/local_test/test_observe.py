"""Lines and numbers on their way to moto's CloudWatch, and as our own tools read them there."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

import pytest

from deploy.aws.session import Session
from local_test.emulator.aws import Aws
from local_test.emulator.observe.log_stream import LogStreams
from local_test.emulator.observe.metrics import Metrics
from tests.support.moto_address import moto_aws
