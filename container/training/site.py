"""Imported by a line in the image's site-packages (coppice_training.pth), before anything else in a process."""

import os
import sys

from container.training import afterwards

afterwards.register(os.environ, sys.orig_argv)
