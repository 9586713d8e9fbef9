"""Imported by a line in the image's site-packages (coppice_training.pth), before anything else in a process."""

import os
import sys

from container.training import afterwards, stand_ins
from container.training.child import single_threads

for name in single_threads(os.environ):
    del os.environ[name]
stand_ins.offer(os.environ)
afterwards.register(os.environ, sys.orig_argv)
