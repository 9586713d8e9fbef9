"""Lines and numbers on their way to moto's CloudWatch, and as our own tools read them there."""

from __future__ import annotations
