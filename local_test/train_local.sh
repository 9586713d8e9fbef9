#!/usr/bin/env bash
# Trains in the image as a SageMaker training job does, on test_dir instead of /opt/ml.
#   train_local.sh IMAGE
set -euo pipefail
image=${1:?usage: train_local.sh IMAGE}
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$here/test_dir/model" "$here/test_dir/output"
rm -f "$here/test_dir/output/failure"
# As you, so that what it writes is yours.
docker run --rm --network none --user "$(id -u):$(id -g)" -v "$here/test_dir:/opt/ml" "$image" train
