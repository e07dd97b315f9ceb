# streamclust: `make run` shows it at work, `make test` passes its tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := .streamclust/demo
LINES ?= 6000
JOBS ?= 2

.PHONY: run test check bench format schemas lock wheel clean preflight

run: $(VENV)/.installed
	@rm -rf $(DEMO) && mkdir -p $(DEMO)
	@$(BIN)/streamclust sample $(LINES) --output $(DEMO)/sample.jsonl
	@$(BIN)/streamclust run $(DEMO)/sample.jsonl --state $(DEMO)/state

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile $(ARGS)

check: $(VENV)/.installed-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(VENV)/.installed-dev
	@$(BIN)/python -m benchmarks $(ARGS)

format: $(VENV)/.installed-dev
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

# Writes ops/asyncapi.yaml and ops/schemas again; run it after a change of what travels.
schemas: $(VENV)/.installed-dev
	@$(BIN)/python -m workers.schemas

wheel: $(VENV)/.installed
	@$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

# Pins everything the project pulls in; run it after a change of pyproject.toml.
lock: $(VENV)/.installed-dev
	@$(BIN)/python -m pip freeze --exclude-editable --exclude streamclust | sed 's/+cpu//; s/ @ file.*//' | sort -f > requirements.lock

preflight:
	@$(PYTHON) ops/preflight.py

$(VENV)/.installed: pyproject.toml requirements.lock | preflight
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (about 1.5 GB; a few minutes the first time) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info
