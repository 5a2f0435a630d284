# The targets that people need; each makes what it needs, in .venv.
# make PYTHON=python3.12 … chooses the interpreter (3.11 or later).

PYTHON ?= python3
PIP := .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
RUN := .venv/bin/
HOUSE := pyproject.toml constraints.txt

.PHONY: help demo studio test cluster lint bench fuzz vulnerabilities clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    ten digits evolve on the screen, then a gallery"
	@echo "make studio  a local page to watch runs, try pictures and breed images"
	@echo "make test    every test"
	@echo "make cluster the tests that start a Ray cluster"
	@echo "make lint    ruff and the type checker"
	@echo "make bench   every benchmark in benchmarks/"
	@echo "make fuzz    10,000 mutated files to every command that reads (COUNT=N, SEED=N; START=N goes on)"
	@echo "make vulnerabilities   known ones of the pinned packages; fails where no database can be asked"
	@echo "make clean   removes .venv and all caches"

demo: .venv/.for-demo
	@$(RUN)foolery demo

studio: .venv/.for-studio
	@$(RUN)foolery studio --open

# Tests run side by side, one thread each: more threads than cores only get in each other's way.
test: .venv/.for-test
	FOOLERY_THREADS=1 OMP_NUM_THREADS=1 $(RUN)pytest -n auto -m "not cluster"

# A real Ray cluster on this machine; skipped, with the reason, where Ray cannot be installed.
cluster: .venv/.for-test
	@$(PIP) -e '.[ray]' || echo "Ray cannot be installed here"
	FOOLERY_THREADS=1 OMP_NUM_THREADS=1 $(RUN)pytest -n 0 -m cluster tests/cluster || [ $$? -eq 5 ]  # 5: all were skipped

lint: .venv/.for-lint
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy

bench: .venv/.for-bench
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(RUN)python "$$script"; done

fuzz: .venv/.for-test
	PYTHONPATH=tests FOOLERY_THREADS=1 OMP_NUM_THREADS=1 $(RUN)python -m support.fuzzing \
	  --count $(or $(COUNT),10000) --seed $(or $(SEED),1) --start $(or $(START),0)

vulnerabilities: .venv/bin/python
	PYTHONPATH=tests $(RUN)python -m support.vulnerabilities constraints.txt

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# An empty file in .venv says that an installation is done; a newer pyproject.toml makes it again.

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "foolery needs Python 3.11 or later; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv

.venv/.pip: constraints.txt | .venv/bin/python
	$(PIP) pip
	@touch $@

.venv/.for-demo: .venv/.pip $(HOUSE)
	@echo "Installing foolery into .venv …"
	$(PIP) -e '.[onnx]'
	@touch $@

.venv/.for-studio: .venv/.for-demo
	@echo "Installing what the studio needs into .venv …"
	$(PIP) -e '.[onnx,studio]'
	@touch $@

.venv/.for-test: .venv/.pip $(HOUSE)
	@echo "Installing foolery and all that its tests use into .venv (with torch, some minutes) …"
	$(PIP) -e '.[onnx,torch,vision,hf,dataset,gradient,plots,studio]' --group test
	@touch $@

.venv/.for-lint: .venv/.for-test
	$(PIP) --group lint
	@touch $@

.venv/.for-bench: .venv/.for-test
	$(PIP) --group bench
	@touch $@
