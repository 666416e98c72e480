VENV ?= .venv
PYTHON ?= python3
PYTEST_ARGS ?= -n 2 --dist loadfile
BIN := $(VENV)/bin

# apt as root or through sudo; fails where neither is at hand.
AS_ROOT = $$([ "$$(id -u)" = 0 ] || echo sudo)
APT_INSTALL = $(AS_ROOT) apt-get update -q && \
	$(AS_ROOT) env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends

.PHONY: run test check lint format setup browser proxy picture lock fuzz load

run: $(VENV)/.app
	$(BIN)/streamlit run streamlit_app.py

# Set everything up on a fresh machine, then run what must pass: lint, types and all tests.
test: setup browser proxy
	@$(MAKE) --no-print-directory lint
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# Lint, types and the quick tests, of what is set up; pytest's summary comes last.
check: lint
	$(BIN)/python -m pytest $(PYTEST_ARGS) -m "not slow and not data and not browser"

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

setup: $(VENV)/.dev

# Debian keeps the module that makes virtual environments in a package of its own.
$(VENV)/bin/python:
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null \
		|| { command -v apt-get >/dev/null && $(APT_INSTALL) python3-venv; } \
		|| { echo "Install Python 3.11 or newer with its venv module, then run make again." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# A stamp is older than its requirements when they changed: then they are installed again.
$(VENV)/.app: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-train.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	touch $@ $(VENV)/.app

# A Chromium for the browser tests: one that is there, else Debian's, else Playwright's own.
browser: setup
	@if [ -n "$$RAN_CHROMIUM" ] || command -v chromium >/dev/null; then exit 0; fi; \
	if grep -qs '^ID=debian' /etc/os-release && $(APT_INSTALL) chromium fonts-dejavu-core fonts-noto-cjk; then exit 0; fi; \
	$(BIN)/playwright install chromium \
		|| echo "No Chromium could be installed: install one and set RAN_CHROMIUM to its path; until then the browser tests are skipped." >&2

# What the Dockerfile installs: all that requirements.txt pulls in, each file with its hash.
lock:
	uv pip compile -q --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links \
		--python-version 3.11 --python-platform x86_64-manylinux_2_28 \
		--custom-compile-command "make lock" requirements.txt -o requirements.lock

# Ten minutes of hostile bytes for each reader; what reaches new lines is kept in tests/fuzz/corpus.
fuzz: setup
	$(BIN)/python -m pip install -q atheris
	$(BIN)/python -m tests.fuzz $(FUZZ_ARGS)

# Twenty visitors who draw for five minutes.
load: setup
	$(BIN)/python -m tests.load $(LOAD_ARGS)

# The proxy that docs/operating.md describes, for its test.
proxy:
	@if command -v nginx >/dev/null && command -v openssl >/dev/null; then exit 0; fi; \
	if grep -qs '^ID=debian' /etc/os-release && $(APT_INSTALL) nginx-light openssl; then exit 0; fi; \
	echo "No nginx could be installed: the proxy's test is skipped without it." >&2

# The README's picture, taken of the app's own first screen.
picture: setup browser
	$(BIN)/python -m examples.take_picture
