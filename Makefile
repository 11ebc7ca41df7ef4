# Every target does its own set-up: `make demo` shows the project, `make test` proves it.

VENV := .venv
BENCH_VENV := .venv-bench
CORE := $(VENV)/core-installed
TESTS := $(VENV)/tests-installed
PEERS := $(BENCH_VENV)/peers-installed
PIP_QUIET := --quiet --disable-pip-version-check
DEMO_DIR ?= demo-district
TEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench venv system lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(CORE) ## build and assess the demonstration district, then say what to type next
	$(VENV)/bin/qiantang demo --dir $(DEMO_DIR)

# Where the packages may not be installed the tests that need them say so themselves: skipped, or failed when CI is set.
test: $(TESTS) ## run the tests, bringing in what they need
	@./setup/system.sh || true
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal $(TEST_ARGS)

check: $(TESTS) ## ruff, mypy --strict, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

bench: $(PEERS) ## measure against hand-written SQL and the peers
	$(BENCH_VENV)/bin/python -m benchmarks $(BENCH_ARGS)

venv: $(TESTS) ## the Python environment with everything the tests need

system: ## Debian's packages that some tests need
	@./setup/system.sh

lock: $(CORE) ## resolve every dependency anew into requirements.lock
	$(VENV)/bin/python setup/lock.py

clean: ## remove what was made: environments, caches, the demonstration district
	rm -rf $(VENV) $(BENCH_VENV) $(DEMO_DIR) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment copied along with the tree would run the other tree's code, and one whose Python is gone runs nothing:
# both are made anew.
ifneq ($(shell $(VENV)/bin/python -c '' 2>/dev/null && cat $(VENV)/made-in 2>/dev/null),$(CURDIR))
.PHONY: $(CORE) $(TESTS)
endif
ifneq ($(shell $(BENCH_VENV)/bin/python -c '' 2>/dev/null && cat $(BENCH_VENV)/made-in 2>/dev/null),$(CURDIR))
.PHONY: $(PEERS)
endif

$(CORE): pyproject.toml requirements.lock
	@./setup/venv.sh $(VENV)
	@echo "Setting up $(VENV) (once; a minute or so) / 正在准备 $(VENV)（只需一次）"
	@$(VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e '.[web]'
	@touch $@

$(TESTS): $(CORE)
	@$(VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e '.[test]'
	@touch $@

$(PEERS): pyproject.toml requirements.lock benchmarks/peers.txt
	@./setup/venv.sh $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e . -r benchmarks/peers.txt
	@touch $@
