# Beffroi. `make demo` shows a town at work; `make test` proves it. Needs Python >= 3.11, make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NPM    := $(BIN)/python tools/npm.py --prefix ui
STAMPS := .cache/stamps
# Files of tests that run at a time; many of them wait for cameras and processes more than they compute.
JOBS   ?= 3
ABREAST := -n $(JOBS) --dist loadfile
UI_SOURCES := $(shell find ui -type f -not -path '*/node_modules/*' 2>/dev/null)

.PHONY: help setup demo serve test lint bench format clean
help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

setup: $(STAMPS)/python $(STAMPS)/ui $(STAMPS)/messages ## install into .venv, build the console and the offline reader

demo: setup ## an invented Millau: cameras, recording, live, replay
	@exec $(BIN)/beffroi demo

serve: setup ## web, one node and the worker on this machine
	@exec $(BIN)/beffroi serve

test: setup $(STAMPS)/debian ## every test, on SQLite and PostgreSQL, and in a real browser
	$(NPM) run --silent test
	$(BIN)/pytest -q -m "not journey" $(ABREAST)
	$(BIN)/python tools/with_postgres.py $(BIN)/pytest -q -m "not any_database" $(ABREAST) tests/web/[!c]* tests/web/cli/test_postgres.py
	$(BIN)/pytest -q -m journey tests/journeys

lint: setup ## style, types, import rules, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m django makemigrations --check --dry-run --settings beffroi.web.settings
	$(NPM) run --silent typecheck

bench: setup $(STAMPS)/debian ## our figures beside the peers'
	$(BIN)/beffroi bench ingest
	$(BIN)/beffroi bench export
	$(BIN)/beffroi bench replay
	$(BIN)/beffroi bench live
	$(BIN)/beffroi bench journal

format: setup ## put the style right
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## forget what was installed and built
	rm -rf $(VENV) .cache ui/node_modules src/beffroi/web/static/console src/beffroi/evidence/packs/reader/index.html

$(STAMPS)/venv:
	@$(PYTHON) tools/require_python.py
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@mkdir -p $(@D) && touch $@

$(STAMPS)/python: requirements-dev.lock pyproject.toml | $(STAMPS)/venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/node_modules: ui/package-lock.json ui/package.json $(STAMPS)/python
	$(NPM) ci --silent --no-audit --no-fund
	@touch $@

$(STAMPS)/ui: $(STAMPS)/node_modules $(UI_SOURCES) src/beffroi/web/static/web/tokens.css
	$(NPM) run --silent build
	@touch $@

$(STAMPS)/messages: $(STAMPS)/python $(wildcard src/beffroi/web/locale/*/LC_MESSAGES/*.po)
	$(BIN)/python -m beffroi.web.messages
	@touch $@

$(STAMPS)/debian: tools/debian_packages.py
	$(PYTHON) tools/debian_packages.py
	@mkdir -p $(@D) && touch $@
