#!/usr/bin/env bash
# The whole story on this machine, from a table to an endpoint that answers, and nothing left at the end: make demo
#   DEMO_BACKEND=process   runs the endpoint without Docker; by default Docker runs it where its engine answers
#   BASE_IMAGE=…           replaces python:3.13-slim in the image
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
PATH=$PWD/.venv/bin:$PATH
folder=$(mktemp -d)
port='' image=''

finish() {
  [ -z "$port" ] || show coppice local down --port "$port" || true
  # The registry's name for the image goes with the registry; coppice:demo stays.
  if [[ $image == *@* ]]; then docker rmi "${image%@*}:demo" >/dev/null 2>&1 || true; fi
  rm -rf "$folder"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
show() {
  printf '\n$ %s\n' "${*//$folder\//}" >&2
  "$@"
}

show coppice train --output "$folder/model"
show coppice pack "$folder/model" --output "$folder/model.tar.gz"

backend=${DEMO_BACKEND:-$(docker info >/dev/null 2>&1 && echo docker || echo process)}
exports=$(show coppice local up --detach --port 0 --backend "$backend")
eval "$exports"
port=${AWS_ENDPOINT_URL##*:}

if [ "$backend" = docker ]; then
  show coppice build coppice demo
  image=$(show coppice push coppice demo)
else
  image=coppice:latest # this checkout
fi
show coppice deploy --name demo --model "$folder/model.tar.gz" --image "$image" --memory 1024 \
  --role arn:aws:iam::123456789012:role/demo --yes # the emulator assumes no role; AWS would

# deploy's own question was the first call, a cold one; these are warm.
coppice inspect "$folder/model" --example csv >"$folder/rows.csv"
show python local_test/demo_invoke.py demo "$folder/rows.csv"
show python local_test/demo_invoke.py demo "$folder/rows.csv"
show coppice logs demo | grep REPORT
show coppice local status
show coppice delete demo --yes
