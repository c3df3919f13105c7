# What a person types: make restore FILM=path, make test. All the rest serves these.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
FILM ?= restored/sample.mkv
OUT ?= restored/

.PHONY: restore test check lint types tests docs format clean

restore: $(READY) $(if $(filter restored/sample.mkv,$(FILM)),restored/sample.mkv)
	$(BIN)/refilm restore "$(FILM)" -o "$(OUT)" --fetch --overwrite

restored/sample.mkv: | $(READY)
	$(BIN)/refilm age --sample -o $@

test: check tests

check: lint types

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(READY)
	$(BIN)/pyright

docs: $(READY)
	$(BIN)/python docs/generate.py

tests: $(READY)
	$(BIN)/refilm models fetch centerface rife transnetv2
	$(BIN)/pytest --cov --cov-report=term

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -c constraints.txt "torch==$$(sed -n 's/^torch==//p' constraints.txt)"
	$(BIN)/pip install --quiet -c constraints.txt -e ".[dev]"
	touch $(READY)

clean:
	rm -rf $(VENV) restored .pytest_cache .ruff_cache .coverage
