# `make run` and `make test` do all their own set-up; nothing but python3 (>= 3.11) and make is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXPERIMENT ?= experiments/penguins.yaml
export UV_PYTHON := $(BIN)/python
# A company's own certificate is in the system's store, not in the one that uv brings.
export UV_SYSTEM_CERTS ?= 1
# Where it is set, every process of a run compiles the project anew: half a second of each.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test lint types unit coverage explore long audit bench lock clean stack env backup restore

help:  ## show this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

setup: $(VENV)/.ready  ## create .venv with the locked dependencies

$(VENV)/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("descent needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {on = 1} on {print} on && !/\\$$/ {exit}' requirements.lock > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

run: setup  ## run the example experiment (EXPERIMENT=file.yaml for another)
	@$(BIN)/descent run $(EXPERIMENT)

test: setup  ## everything that must hold: lint, types, tests
	@$(MAKE) --no-print-directory --jobs 2 unit lint types  # tests wait for servers now and then

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint Dockerfile

types: setup
	$(BIN)/mypy

unit: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(PYTEST)

coverage:  ## which lines and branches the tests reach; they take up to 1.6 times as long
	$(MAKE) unit PYTEST="--cov --cov-report=term:skip-covered"

explore: setup  ## look for counterexamples with new random examples, ten times as many
	$(BIN)/python -m pytest -n 2 --hypothesis-profile explore $$(grep -rlE "^from hypothesis import .*given" tests)

long: setup  ## run the tests that `make test` leaves out for their length
	$(BIN)/python -m pytest -m long tests

stack: setup  ## test the container stack (needs root and the script that tests/stack/conftest.py names)
	$(BIN)/python -m pytest -m stack tests/stack

audit: setup  ## look for known vulnerabilities in the locked dependencies (needs the network)
	$(BIN)/uv tool run --from pip-audit pip-audit --requirement requirements.lock --require-hashes --disable-pip --strict

bench: setup  ## measure the speed figures and write benchmarks/speed/RESULTS.md
	$(BIN)/python benchmarks/speed/run.py

env:  ## write .env, the settings and secrets of the container stack
	@$(PYTHON) deploy/make_env.py

backup:  ## save databases and files of the container stack (TO=folder)
	@deploy/backup.sh $(TO)

restore:  ## put a backup back in place of what is there (BACKUP=folder)
	@deploy/restore.sh $(BACKUP)

lock: $(VENV)/.ready  ## compile requirements.lock anew from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --extra server --extra dask --extra onnx --universal --python-version 3.11 --generate-hashes --no-header --quiet --output-file requirements.lock

clean:  ## remove the environment and every cache (not .descent/)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist *.egg-info
