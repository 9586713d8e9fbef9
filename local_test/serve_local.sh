#!/usr/bin/env bash
# Serves test_dir/model in the image under the smallest serverless endpoint's conditions: 1024 MB, its share of a CPU,
# no root, nothing writable but /tmp. Ctrl-C stops it.
#   serve_local.sh IMAGE [docker run options, such as -e SAGEMAKER_INFERENCE_OUTPUT=probabilities]
set -euo pipefail
image=${1:?usage: serve_local.sh IMAGE}
here=$(cd "$(dirname "$0")" && pwd)

exec docker run --rm -p "${PORT:-8080}:8080" --user 65534:65534 --read-only --tmpfs /tmp --memory 1024m --memory-swap 1024m \
  --cpus 0.58 -v "$here/test_dir/model:/opt/ml/model:ro" "${@:2}" "$image" serve
