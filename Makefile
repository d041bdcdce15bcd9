# Each target works from a fresh clone, given make and Python 3.11, 3.12 or 3.13: .venv is made on the way, from the
# hashed locks. One environment for all: `serve` puts the service into it, everything else adds what development needs.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --quiet
ARGS ?=

# The first Python that runs (a pyenv shim may not), is in range and can make an environment (Debian's may not).
PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
		&& command -v $$python && break; done)

# TensorFlow's notes about the machine it runs on; its warnings and errors stay.
export TF_CPP_MIN_LOG_LEVEL ?= 1

.DEFAULT_GOAL := help
.PHONY: help install serve test lint format docs bench bench-quality bench-training fuzz soak container lock clean

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.dev  ## Make .venv with the service and all that development needs

serve: $(VENV)/.limpid  ## Run the service on LIMPID_HOST:LIMPID_PORT
	@exec $(BIN)/python -m app $(ARGS)

test: $(VENV)/.dev  ## Run the tests; ARGS='-k tiles -x' goes to pytest
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev  ## Check style, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/.dev  ## Reformat, and repair what ruff can
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

docs: $(VENV)/.dev  ## Write docs/openapi.json, docs/configuration.md, and docs/formats.md by sending files of every kind
	$(BIN)/python -m app.document > docs/openapi.json
	$(BIN)/python -m app.document configuration > docs/configuration.md
	$(BIN)/python -m tests.formats > docs/formats.md

bench: $(VENV)/.bench  ## Measure speed, memory and manners beside peers into docs/performance.md; ARGS='--only load'
	$(BIN)/python -m benchmarks.latency $(ARGS)

bench-quality: $(VENV)/.dev  ## Measure picture quality beside other methods into docs/quality/; ARGS='--sigma 25 --data DIR'
	$(BIN)/python -m benchmarks.quality $(ARGS)

bench-training: $(VENV)/.dev  ## Race the tutorials' autoencoder to its own quality into docs/training.md; ARGS='--rounds 1'
	$(BIN)/python -m benchmarks.training $(ARGS)

fuzz: $(VENV)/.dev  ## Attack a running service with hostile files into docs/fuzzing.md; ARGS='--seed 1 --clients 8'
	$(BIN)/python -m tests.fuzz --inputs 20000 --engine fast --report docs/fuzzing.md $(ARGS)
	$(BIN)/python -m tests.fuzz --inputs 1000 --engine real --report docs/fuzzing.md $(ARGS)
	$(BIN)/python -m tests.fuzz --schema --report docs/fuzzing.md $(ARGS)

MINUTES ?= 30

soak: $(VENV)/.dev  ## Keep a service busy for MINUTES=30 and watch its memory and answers into docs/soak.md
	$(BIN)/python -m tests.soak --minutes $(MINUTES) --report docs/soak.md $(ARGS)

# The first engine that works; a client without its daemon doesn't. podman and buildah drop HEALTHCHECK from OCI's format.
ENGINE ?= $(shell for engine in docker podman buildah; do \
	$$engine info >/dev/null 2>&1 && command -v $$engine && break; done)
VARIANT ?= cpu
VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

container:  ## Build the image limpid:VERSION with docker, podman or buildah; VARIANT=gpu takes CUDA
	@test -n "$(ENGINE)" || \
		{ echo "No docker, podman or buildah that works; name one: make container ENGINE=..." >&2; exit 1; }
	BUILDAH_FORMAT=docker $(ENGINE) build --build-arg VARIANT=$(VARIANT) --build-arg VERSION=$(VERSION) \
		--build-arg REVISION=$$(git rev-parse --short HEAD 2>/dev/null || echo unknown) \
		--tag limpid:$(VERSION)$(if $(filter-out cpu,$(VARIANT)),-$(VARIANT)) $(ARGS) .

clean:  ## Remove .venv, caches and builds; runs/ (training output) stays
	rm -rf $(VENV) .uv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the environment: each stamp is younger than what it was made from -----------------------------------------------

# A changed lock means a new environment: what the lock no longer names must not stay. That removes the stamps too.
$(VENV)/.service: requirements.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 with venv found; name one: make PYTHON=..." >&2; exit 1; }
	@echo "Making $(VENV) with $(PYTHON); TensorFlow is large, this takes minutes the first time"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --require-hashes -r $<
	@touch $@

$(VENV)/.limpid: $(VENV)/.service pyproject.toml
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.limpid
	@echo "Adding the development tools to $(VENV)"
	@$(PIP) install --require-hashes -r $<
	@touch $@

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	@echo "Adding the benchmarks' peers to $(VENV)"
	@$(PIP) install --require-hashes -r $<
	@touch $@

# --- the locks: nobody but `make lock` needs uv ----------------------------------------------------------------------

UV ?= $(shell command -v uv || echo .uv/bin/uv)
# One version of a package for all Pythons and platforms. Without the options, addresses of this machine's index leak in.
COMPILE = $(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --custom-compile-command 'make lock' $(ARGS)

lock: | $(UV)  ## Bring the locks in line with pyproject.toml; ARGS=--upgrade takes new versions too
	$(COMPILE) --output-file requirements.lock
	$(COMPILE) --output-file requirements-dev.lock --constraints requirements.lock --extra training --group dev
	$(COMPILE) --output-file requirements-bench.lock --constraints requirements-dev.lock --extra training \
		--group dev --group bench
# tensorflow and tensorflow-cpu install the same module, and pyproject.toml cannot take a dependency back in an extra:
# so leave it out of the file. What it depends on stays, as tensorflow depends on the same.
	$(COMPILE) --output-file requirements-gpu.lock --constraints requirements.lock --extra gpu \
		--no-emit-package tensorflow-cpu

.uv/bin/uv:
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip --disable-pip-version-check --quiet --quiet install uv
