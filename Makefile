# Sapa. Every target does the set-up it needs; `make help` lists them.

PYTHON ?= python3
BIN := .venv/bin
RASA := .venv-rasa/bin/python
SETUP := @$(PYTHON) -m tools.bootstrap
PYTEST := $(BIN)/python -m pytest
# Epochs of DIET in the comparison, most of its hour and more; `make bench-nlu STOCK=` is quick.
STOCK ?= 100
NLU_TESTS := $(wildcard tests/nlu/test_*.py)

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# Written by `make ci-services`: where the tests find PostgreSQL.
-include var/ci.env

.PHONY: run
run: python ## Run everything: environments, database, model, Rasa, web chat and Telegram
	$(SETUP) app rasa
	@$(BIN)/python -m sapa run --end-with-parent

.PHONY: test
test: check ## Run everything that CI runs: lint, types, imports and all tests
	$(PYTEST) tests/unit tests/contract
	$(PYTEST) tests/integration
	$(if $(NLU_TESTS),$(RASA) -m pytest -c tools/pytest-rasa.ini --rootdir . tests/nlu)
	$(RASA) -m nlu.training
	$(PYTEST) tests/e2e

.PHONY: check
check: python ## Lint, format, types (--strict) and who may import whom
	$(SETUP) app rasa
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --python-executable $(RASA) --python-version 3.10 nlu
	$(BIN)/lint-imports

.PHONY: train
train: python ## Train a model, if the content of its inputs changed
	$(SETUP) app rasa
	@$(RASA) -m nlu.training

.PHONY: bench
bench: python ## Run the benchmarks (under 15 minutes), or BESIDE=<revision>; results in build/bench/
	$(SETUP) app rasa
	@$(RASA) -m nlu.training
	@$(BIN)/python -m $(if $(BESIDE),benchmarks.beside $(BESIDE),benchmarks)

.PHONY: bench-nlu
bench-nlu: python ## Compare features and classifiers; results in build/nlu/ and docs/nlu.md
	$(SETUP) app rasa
	@$(RASA) -m nlu.training
	@$(RASA) -m benchmarks.nlu $(addprefix --stock ,$(STOCK))

.PHONY: ci-services
ci-services: python ## Install what a bare Debian machine lacks for all tests: Chromium, PostgreSQL
	@$(PYTHON) -m tools.ci_services start

.PHONY: clean
clean: python ## Remove environments, models and caches; var/ (database, key) stays
	@$(PYTHON) -m tools.ci_services stop
	rm -rf .venv .venv-rasa .tools .rasa models build var/setup
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

.PHONY: python
python:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "Error: there is no $(PYTHON): install Python 3.11 or newer, or run make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
