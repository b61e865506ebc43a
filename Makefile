# What people do with a clone. Needs make and Python 3.11 or later; everything else is fetched into .venv.
.DEFAULT_GOAL := help
.PHONY: run test lint format messages bench screens lock help clean

# The first Python that is new enough; PYTHON=... chooses another one.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8000
WORKERS ?= 2
COMPILE = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url

# Without bytecode on disk every process compiles two thousand modules before it begins: three of five seconds.
unexport PYTHONDONTWRITEBYTECODE

run: $(VENV)/.run ## start Stellwerk with a demo organisation (PORT=8000 chooses the port)
	@STELLWERK_PORT=$(PORT) exec $(BIN)/stellwerk serve --demo

test: lint ## run all checks and tests
	$(BIN)/python tests/browser/ensure_browser.py
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

lint: $(VENV)/.test ## run the checks alone: style, types, layers
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.test ## format the code and sort imports
	$(BIN)/ruff check --fix --quiet
	$(BIN)/ruff format

messages: $(VENV)/.run ## bring the texts to translate up to date and list those without a translation
	@$(BIN)/python -m app.web.extract

bench: $(VENV)/.test ## measure the engine and the pages; writes bench-results.json
	$(BIN)/python -m tests.bench

screens: $(VENV)/.test ## take the pictures of docs/screens anew
	$(BIN)/python tests/browser/ensure_browser.py
	$(BIN)/python -m tests.browser.screens

lock: $(VENV)/.tools ## turn the lists in pyproject.toml into lock files; UPGRADE=1 takes the newest versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --output-file requirements.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group build --constraint requirements-dev.lock --output-file requirements-build.lock

clean: ## remove the virtual environment and caches; var/ with the database stays
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Stellwerk needs Python 3.11 or later; none was found (PYTHON=... names one)." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "The virtual environment could not be made; on Debian and Ubuntu install python3-venv." >&2; exit 1; }

# uv installs all packages in about two seconds where pip needs forty; pip fetches uv, by hash.
$(VENV)/.tools: requirements-build.lock | $(BIN)/python
	@echo "Installing what installs the rest"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-build.lock
	@touch $@

$(VENV)/.run: requirements.lock pyproject.toml $(VENV)/.tools
	@echo "Installing Stellwerk"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.run
	@echo "Installing what the tests need"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
