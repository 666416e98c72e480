VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: run test check setup browser format

run: $(VENV)/.app
	$(BIN)/streamlit run streamlit_app.py

test: setup browser check

setup: $(VENV)/.dev

check:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q

format:
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.app: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.dev: requirements.txt requirements-train.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	touch $@

# Debian's Chromium as root or through sudo; elsewhere Playwright's own.
browser: setup
	@if command -v chromium >/dev/null 2>&1; then exit 0; \
	elif command -v apt-get >/dev/null 2>&1 && [ "$$(id -u)" = 0 ]; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium; \
	elif command -v apt-get >/dev/null 2>&1 && command -v sudo >/dev/null 2>&1; then \
		sudo apt-get update -q && sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q chromium; \
	else $(BIN)/playwright install chromium \
		|| echo "No Chromium could be installed; the browser tests will be skipped."; fi
