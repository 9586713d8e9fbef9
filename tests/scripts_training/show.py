"""Shows what it was told."""

import json
import os
import sys

told = {name: value for name, value in os.environ.items() if name.startswith("SM_")}
with open(os.path.join(os.environ["SM_OUTPUT_DATA_DIR"], "told.json"), "w") as file:
    json.dump({"arguments": sys.argv, "folder": os.getcwd(), "variables": told}, file)
print("to stdout")
print("to stderr", file=sys.stderr)
