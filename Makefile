# Everything a developer does. Needs only make and Python 3.10 or newer: uv is brought into .tools.

UV_VERSION := 0.13.9
UV_FOLDER := .tools/uv-$(UV_VERSION)
# Another uv can be named: make UV=/path/to/uv
UV := $(UV_FOLDER)/bin/uv
# More arguments for the program behind test, bench and matrix: make test ARGS="-k settle"
ARGS :=
# Pairs for matrix, oldest and newest for example: make matrix PAIRS=3.10:12,3.13:18
PAIRS :=

BIN := .venv/bin
INSTALLED := .venv/.installed-by-make

# What the checkout needs comes from here, not from the shell that make was started in.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT UV_PYTHON PYTHONPATH PYTHONHOME
export UV_PYTHON_DOWNLOADS := never
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Behind a proxy that opens TLS only the machine's own certificates are right; uv's serve where it has none.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem),)
export UV_SYSTEM_CERTS ?= true
endif

# One line that says where we are; bold on a terminal, unless NO_COLOR is set.
define say
@if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then printf '\033[1m==> %s\033[0m\n' '$(1)'; else printf '==> %s\n' '$(1)'; fi
endef

.DEFAULT_GOAL := help
.PHONY: help install demo test check bench matrix build clean
.PHONY: check-lint check-format check-pyright check-mypy check-imports

help: ## Show this list
	@echo 'make TARGET, where TARGET is one of'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-10s  %s\n", $$1, $$2 }'

install: $(INSTALLED) ## Make .venv with all packages and the development tools
	$(call say,.venv is ready)

demo: $(INSTALLED) ## Start a database and a worker, send tasks, show their results
	$(call say,running horsies demo)
	@$(BIN)/horsies demo $(ARGS)

test: $(INSTALLED) ## Run the tests, on the embedded PostgreSQL or on HORSIES_TEST_DATABASE_URL
	$(call say,running the tests)
	@$(BIN)/python -m pytest $(ARGS)

check: check-lint check-format check-pyright check-mypy check-imports ## Lint, format, types and import contracts

check-lint: $(INSTALLED)
	$(call say,ruff check)
	@$(BIN)/ruff check

check-format: $(INSTALLED)
	$(call say,ruff format --check)
	@$(BIN)/ruff format --check

check-pyright: $(INSTALLED)
	$(call say,pyright)
	@$(BIN)/pyright

check-mypy: $(INSTALLED)
	$(call say,mypy tests/typing)
	@$(BIN)/mypy tests/typing

check-imports: $(INSTALLED)
	$(call say,lint-imports)
	@$(BIN)/lint-imports --no-logo

bench: $(INSTALLED) ## Measure, each figure next to psycopg alone doing the same
	$(call say,running the benchmarks)
	@$(BIN)/python -m benchmarks $(ARGS)

matrix: $(INSTALLED) ## Run the tests on pairs of Python 3.10-3.13 and PostgreSQL 12-18
	$(call say,running the matrix)
	@$(BIN)/python tools/matrix.py --uv '$(UV)' $(if $(PAIRS),--pairs $(PAIRS)) $(if $(ARGS),-- $(ARGS))

build: $(INSTALLED) ## Build every wheel into dist and look into it
	$(call say,building the wheels into dist)
	@rm -rf dist
	@$(UV) build --quiet --all-packages --out-dir dist
	@$(BIN)/python tools/check_wheels.py dist

clean: ## Remove what make has made
	$(call say,removing .venv .tools dist and caches)
	@rm -rf .venv .tools dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .coverage .coverage.* htmlcov
	@find benchmarks packages tests tools -type d -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

$(UV_FOLDER)/bin/uv:
	$(call say,installing uv $(UV_VERSION) into .tools)
	@tools/install-uv $(UV_VERSION) $(UV_FOLDER)

$(INSTALLED): uv.lock pyproject.toml $(wildcard packages/*/pyproject.toml) | $(filter .tools/%,$(UV))
	$(call say,installing horsies and its development tools into .venv)
	@python=$$(tools/find-python) && $(UV) sync --quiet --frozen --all-packages --compile-bytecode --python "$$python"
	@touch $@
