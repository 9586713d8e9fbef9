#!/usr/bin/env bash
# Sends a file to the server that serve_local.sh (or make serve) started, and prints the answer.
#   predict.sh PAYLOAD [CONTENT-TYPE]
set -euo pipefail
payload=${1:?usage: predict.sh PAYLOAD [CONTENT-TYPE]}
case $payload in
  *.json) content=application/json ;;
  *.jsonl) content=application/jsonlines ;;
  *.npy) content=application/x-npy ;;
  *.parquet) content=application/x-parquet ;;
  *) content=text/csv ;;
esac

curl --silent --show-error --fail-with-body --data-binary "@$payload" -H "Content-Type: ${2:-$content}" \
  "http://127.0.0.1:${PORT:-8080}/invocations"
