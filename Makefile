# Every line also runs as it is, without make; `$(in_venv)` only puts .venv first on PATH.
# The scripts import each other, so Python may look beside them.
PYTHON ?= python3
override project := {{cookiecutter.project_slug}}
override in_venv := sh '$(project)/scripts/venv' env PYTHONSAFEPATH=

# Neither make nor a shell expands a value: a recipe finds each in its environment as it was written, and passes none
# to a make that it starts.
override values := PARTS PYTHON SIZES TASK
override values += $(foreach name,$(.VARIABLES),$(if $(filter command,$(origin $(name))),$(name)))
$(foreach name,$(values),$(if $(value $(name)),$(eval override $(name) := $$(value $(name)))$(eval export $(name))))
MAKEOVERRIDES :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test quick long proof proof-long check lock expected manifest bench bench-decisions

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-15s %s\n", $$1, $$2}' Makefile

setup: ## build .venv with the template's own tools, pinned and hashed
	@"$$PYTHON" -I '$(project)/scripts/setup.py' --root . requirements/dev.lock

demo: setup ## generate a project into demo/, install, train, compare with the shipped bits; TASK=series-class for another task
	$(in_venv) python scripts/demo.py $(if $(value TASK),"$$TASK")

test: quick ## the quick tier, then the slow one (real environments, real training)
	@echo 'Slow tier: real environments, real training' && $(in_venv) python -m pytest -m 'slow and not (long or apart)' -n 2 --dist loadfile --durations 25

quick: setup ## the quick tier: nothing to install, under 2 minutes
	@echo 'Quick tier: no environment to install' && $(in_venv) python -m pytest -m 'not slow' -n auto --maxprocesses 4

long: setup ## the tests too long for `make test`: more kills, other Pythons, torch's other wheel, other tasks on an emulated processor
	$(in_venv) python -m pytest -m long

proof: setup ## run the rows of docs/reproducibility.md, all but the longest, and write them there
	$(in_venv) python -m pytest -m 'changes and not long' --write-rows

proof-long: setup ## the longest of these rows
	$(in_venv) python -m pytest -m 'changes and long' --write-rows

check: setup ## lint, format and types; writes nothing
	$(in_venv) ruff check --config pyproject.toml . && $(in_venv) ruff format --config pyproject.toml --check . && $(in_venv) mypy

lock: setup ## refresh every lock
	$(in_venv) python scripts/lock.py --upgrade

expected: setup ## refresh the shipped bits, of all tasks or TASK=...
	$(in_venv) python scripts/expected.py $(if $(value TASK),"$$TASK")

manifest: setup ## update src/samebits/MANIFEST of the project, the list of the shipped engine
	$(in_venv) python scripts/manifest.py

bench: setup ## measure ratios: generation, pipeline, start-up, training; then how it scales
	set -f; missed=0; $(in_venv) python scripts/bench.py || missed=1; $(in_venv) python scripts/bench_scale.py $(if $(value SIZES),--sizes $$SIZES) && exit $$missed

bench-decisions: setup ## measure how far intervals and verdicts can be trusted, and what they cost; PARTS=speed for one
	set -f; $(in_venv) python scripts/bench_decisions.py -- $$PARTS
