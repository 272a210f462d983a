# The commands a person needs. Everything is installed into .venv, nothing elsewhere.

PY  := .venv/bin/python
# Debian's python3 may lack ensurepip, so pip runs from outside and installs into the environment.
PIP := python3 -m pip --python $(PY) --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full explore lint format lock tour

help:  ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready  ## everything the commands below need

.venv/.ready: requirements-dev.txt pyproject.toml
	python3 -m venv --clear --without-pip .venv
	$(PIP) install -q --require-hashes -r requirements-dev.txt
	$(PIP) install -q --no-deps --no-build-isolation -e .
	touch $@

demo: .venv/.ready  ## play one tip from phone to register, then serve all doors (ONCE=1: play and end)
	.venv/bin/subrosa demo $(if $(ONCE),--once)

test: .venv/.ready  ## every claim at small counts
	$(PY) -m pytest -m "not full" -n 2 --dist worksteal

test-full: .venv/.ready  ## the counts the claims name
	$(PY) -m pytest -m full --timeout 1500 -n 2 --dist worksteal

explore: .venv/.ready  ## every property with other random choices than the same ones of `make test`
	$(PY) -m pytest --hypothesis-profile explore

lint: .venv/.ready  ## style, types, who may import whom
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports

format: .venv/.ready  ## rewrite to the house style
	$(PY) -m ruff format .
	$(PY) -m ruff check --fix .

lock:  ## renew the hashed requirements (needs uv)
	uv pip compile pyproject.toml -q --extra ukrainian --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o requirements.txt
	uv pip compile pyproject.toml -q --extra ukrainian --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --upgrade -o requirements-dev.txt

tour: .venv/.ready  ## renew the pictures of every page in docs/tour/
	$(PY) -m pytest -m browser --timeout 900 --tour docs/tour tests/test_play.py tests/test_desk_*looks*.py tests/test_register_looks.py
