# make demo   rate sample photos and show the table and a contact sheet (no torch)
# make test   format, lint, types, import contracts, and the whole suite
# make darktable  have darktable itself read what is written for it (needs darktable and Xvfb)
# make slow   the tests that need gigabytes: every network exported at its full size
# make critic teach and examine the critic that comes in the package (needs the data: DATA=…)
# make report examine its fold critics on themes that they never saw: docs/oasis (needs build/critic, of make critic)
# make study  what the packaged critic's plan was chosen by: inner folds
# make bench  time photocritic beside the straightforward way

PYTHON ?= python3
DATA ?= ../shared/data
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test slow darktable check format critic report study bench clean

demo: $(VENV)/.demo
	$(BIN)/python -m demo.photos build/demo/photos
	$(BIN)/photocritic rate build/demo/photos --html build/demo/contact-sheet.html

test: check
	$(BIN)/python -m pytest

darktable: $(VENV)/.dev
	$(BIN)/python -m pytest -m darktable

slow: $(VENV)/.dev
	$(BIN)/python -m pytest -m slow

check: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

critic: $(VENV)/.dev
	$(BIN)/python -m critics.default --data $(DATA)
	$(BIN)/python -m critics.examine --data $(DATA)
	$(BIN)/python -m critics.choices --data $(DATA)
	$(BIN)/python -m critics.taste --data $(DATA)

report: $(VENV)/.dev
	$(BIN)/photocritic evaluate $(DATA)/oasis --benchmark oasis --model 'build/critic/fold-*.onnx' --faces --no-photos -o docs/oasis

study: $(VENV)/.dev
	$(BIN)/python -m critics.study --data $(DATA)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks.rating

clean:
	rm -rf $(VENV) build/demo

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The package itself is installed once; its code is used from src, so only its metadata makes these old.
$(VENV)/.demo: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[demo]'
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[data,demo,dev,evaluate,faces,huggingface,map,parquet,serve,train]'
	touch $@ $(VENV)/.demo
