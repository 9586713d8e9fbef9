# `make serve` runs the main job, `make test` checks everything; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8080
IMAGE ?= coppice
DATA ?=
TARGET ?=
# A model for each table and target, so that another DATA never meets an old model.
MODEL ?= models/$(if $(DATA),$(basename $(notdir $(DATA)))$(if $(TARGET),-$(TARGET)),default)
# BASE_IMAGE replaces the public python:3.13-slim.
BUILD_FLAGS ?= --network host
BUILD = docker build $(BUILD_FLAGS) $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) \
  $(if $(PARQUET),--build-arg PARQUET=$(PARQUET)) $(if $(S3),--build-arg S3=$(S3)) \
  --build-arg REVISION=$$(git rev-parse HEAD 2>/dev/null || echo unknown)

BIN := .venv/bin
READY := .venv/.ready

.PHONY: help setup serve demo train test check screenshots format bench lock sdks image clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: DATA=file.csv TARGET=column PORT=$(PORT) IMAGE=$(IMAGE) BASE_IMAGE=…"

setup: $(READY) ## Create .venv with everything in it; the command line is .venv/bin/coppice

$(READY): requirements/dev.txt pyproject.toml setup.py container/forest/_kernel.c container/forest/_walk.h
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Coppice needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.13" >&2; exit 3; }
	@echo "setting up .venv (once) …" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
	@touch $@

serve: $(MODEL)/manifest.json ## Train if there is no model yet, and serve it: PORT=8080 DATA=file.csv TARGET=column
	@$(BIN)/python local_test/write_payloads.py $(MODEL)
	@exec $(BIN)/coppice serve $(MODEL) --port $(PORT)

demo: $(READY) ## The whole story on this machine: train, pack, emulator, deploy, invoke, delete; DEMO_BACKEND=process
	@local_test/demo.sh

train: $(MODEL)/manifest.json ## Train only: DATA=file.csv TARGET=column

$(MODEL)/manifest.json: $(DATA) | $(READY)
	@$(BIN)/coppice train --output $(MODEL) $(if $(DATA),--data "$(DATA)") $(if $(TARGET),--target "$(TARGET)")

test: $(READY) ## Run all tests, two files at a time; those in a container need Docker, and run alone
	@$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder tests/functional tests/property tests/unit
	@$(BIN)/pytest tests/container

check: $(READY) ## Lint, format, types and the arrows between packages
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

screenshots: $(READY) ## Take docs/images anew, from the tests of the pages
	@COPPICE_SCREENSHOTS=1 $(BIN)/pytest -q -k pictures tests/functional

format: $(READY) ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(READY) ## Measure against a plain Flask server, write docs/benchmarks.md: PEERS=1 CHECK=1 BIG=0 QUICK=1
	@$(BIN)/python -m compileall -q container  # as the image does: a cold start that compiles isn't one
	@$(BIN)/python -m benchmarks.run --image $(IMAGE) --slim-image $(IMAGE)-slim $(if $(PEERS),--peers) \
	  $(if $(CHECK),--check) $(if $(filter 0,$(BIG)),--no-big) $(if $(QUICK),--quick)

image: ## Build the images: IMAGE=coppice BASE_IMAGE=…; and IMAGE-slim, for compiled forests only
	$(BUILD) --target slim --tag $(IMAGE)-slim .
	$(BUILD) --target full --tag $(IMAGE) .

lock: $(READY) ## Lock the dependencies anew, with hashes and without addresses
	@$(BIN)/pip install --quiet uv
	@requirements/lock

sdks: .venv/sdk2/.ready .venv/sdk3/.ready ## SageMaker's own SDKs, v2 and v3, for the tests that use them as clients

.venv/sdk%/.ready: requirements/sdk%.txt | $(READY)
	@$(BIN)/pip install --quiet uv
	@echo "setting up .venv/sdk$* (once) …" >&2
	@$(BIN)/uv venv --quiet --clear .venv/sdk$*
	@$(BIN)/uv pip install --quiet --python .venv/sdk$* --require-hashes -r $<
	@touch $@

clean: ## Remove what the commands made
	rm -rf .venv models build *.egg-info
