# Everything a newcomer types: make run, make test. The rest is for work on the project; make help lists it.
SHELL := /bin/sh
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check
export PYTHONUTF8 = 1
# The tests start hundreds of processes: where the environment forbids it to keep compiled code, each compiles it anew.
export PYTHONDONTWRITEBYTECODE =

.DEFAULT_GOAL := help
.PHONY: help run studio test check lint types unit rules picture soak browser-test release-check format record demo-functionchat bench bench-checkpoints bench-faults bench-pacing bench-simulator bench-caps bench-search bench-chaos docs docs-serve docs-pictures clean

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-26s %s\n", $$1, $$2}'

run: $(VENV)/run.ok ## ask the example agent a question: make run Q="..."
	@$(PY) -m clovax_agents.cli run -- "$${Q:-}"

studio: $(VENV)/dev.ok ## serve the graphs for LangGraph Studio
	@$(PY) -m clovax_agents.cli studio

test: $(VENV)/dev.ok ## all checks and all tests, side by side
	@$(MAKE) --no-print-directory --jobs 2 lint types unit

check: lint types ## style, layers and types

lint: $(VENV)/dev.ok
	@$(PY) -m ruff check
	@$(PY) -m ruff format --check
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())'

types: $(VENV)/dev.ok
	@$(PY) -m mypy
	@$(PY) -m mypy tools graphs benchmarks tests/typing
	@$(PY) -m pyright

unit: $(VENV)/dev.ok ## the tests alone, in three processes: most wait most of the time
	@$(PY) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder

rules: $(VENV)/dev.ok ## which test holds which rule of docs/wire.md
	@$(PY) tests/rules.py

picture: $(VENV)/dev.ok ## draw the picture of make run in the README
	@$(PY) tests/picture.py

soak: $(VENV)/dev.ok ## every case of every test, the random and the torture tests with full numbers: takes long
	@CLOVAX_SOAK=1 $(PY) -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --timeout 3600

browser-test: $(VENV)/dev.ok ## a chat client in a real browser talks to the server: needs npm and chromium
	@$(PY) tests/browser/run.py

release-check: $(VENV)/release.ok ## what has to hold before a release, on each Python there is: takes half an hour
	@$(PY) tests/release/check.py

format: $(VENV)/dev.ok ## format the code
	@$(PY) -m ruff check --fix
	@$(PY) -m ruff format

record: $(VENV)/dev.ok ## record the cassettes again, against the simulator or, with a key, the service
	@$(PY) -m pytest tests/replay tests/standard --clovax-record

demo-functionchat: $(VENV)/dev.ok ## 500 runs over 100 real Korean utterances
	@$(PY) benchmarks/functionchat.py

bench: $(VENV)/dev.ok ## the model's, the tools' and the agents' speed beside that of others
	@$(PY) benchmarks/model.py --save docs/benchmarks.json
	@$(PY) benchmarks/page.py docs/benchmarks.json docs/benchmarks.md
	@$(PY) benchmarks/executor.py --save docs/executor.json; gates=$$?; \
		$(PY) benchmarks/page.py docs/executor.json docs/benchmarks.md; \
		$(PY) benchmarks/agents.py --save docs/agents.json || gates=$$?; \
		$(PY) benchmarks/page.py docs/agents.json docs/benchmarks.md && exit $$gates

bench-checkpoints: $(VENV)/dev.ok ## what checkpoints cost an agent, beside LangGraph's own serializer
	@$(PY) benchmarks/checkpoints.py --save docs/checkpoints.json; gates=$$?; \
		$(PY) benchmarks/page.py docs/checkpoints.json docs/benchmarks.md && exit $$gates

bench-faults: $(VENV)/dev.ok ## what becomes of runs whose tools go wrong, beside ToolNode and create_agent
	@$(PY) benchmarks/faults.py --save docs/faults.json
	@$(PY) benchmarks/page.py docs/faults.json docs/benchmarks.md

bench-pacing: $(VENV)/dev.ok ## how much of a rate limit is used and refused, beside what others do
	@$(PY) benchmarks/pacing.py --save docs/pacing.json
	@$(PY) benchmarks/page.py docs/pacing.json docs/benchmarks.md

bench-simulator: $(VENV)/dev.ok ## the simulator's speed beside langchain-naver's
	@$(PY) benchmarks/simulator.py

bench-caps: $(VENV)/dev.ok ## how many questions a minute planned caps make room for
	@$(PY) benchmarks/caps.py --save docs/caps.json
	@$(PY) benchmarks/page.py docs/caps.json docs/benchmarks.md

bench-search: $(VENV)/dev.ok ## how often the search finds the tool that a Korean utterance needs
	@$(PY) benchmarks/tool_search.py --save docs/tool_search.json
	@$(PY) benchmarks/page.py docs/tool_search.json docs/tool-search.md
	@$(PY) benchmarks/page.py docs/tool_search.json docs/tool-search.ko.md

bench-chaos: $(VENV)/dev.ok ## what becomes of 500 runs when the model makes every mistake at once
	@$(PY) benchmarks/chaos.py --save docs/chaos.json; gates=$$?; \
		$(PY) benchmarks/page.py docs/chaos.json docs/benchmarks.md && exit $$gates

docs: $(VENV)/dev.ok ## build the user guide into site
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build --strict --quiet && echo "The guide: site/index.html, site/ko/index.html"

docs-serve: $(VENV)/dev.ok ## show the user guide at http://127.0.0.1:8000, anew after each change
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs serve --dev-addr 127.0.0.1:8000

docs-pictures: $(VENV)/dev.ok ## draw the guide's pictures anew, after a change of a graph or of the layers
	@$(PY) docs/theme/generated.py

clean: ## remove everything that was installed or generated
	rm -rf $(VENV) site .data .langgraph_api .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(VENV)/run.ok: pyproject.toml constraints.txt | $(VENV)/pip.ok
	@echo "Installing clovax-agents into $(VENV) (once, about a minute) ..."
	@$(PIP) --constraint constraints.txt --editable ".[cli,simulator]"
	@touch $@

$(VENV)/dev.ok: pyproject.toml constraints.txt | $(VENV)/pip.ok
	@echo "Installing clovax-agents and its tools into $(VENV) (once, about two minutes) ..."
	@$(PIP) --constraint constraints.txt --editable ".[all]" --group dev
	@touch $@ $(VENV)/run.ok

$(VENV)/release.ok: $(VENV)/dev.ok
	@$(PIP) --constraint constraints.txt --group release
	@touch $@

$(VENV)/pip.ok:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) "pip>=25.1"
	@touch $@
