# What can be done here, in the order a newcomer would want it. Every target installs what it needs.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Shown instead of the shipped list's abstracts where they are at hand (see CONTRIBUTING.md).
ABSTRACTS ?= ../shared/data/seed_abstracts.jsonl

.DEFAULT_GOAL := help
.PHONY: docs help demo app test check browser strace index bench-quality bench-related bench-categories bench-upkeep \
	bench-lists bench-gists bench-rows bench-encoder bench-serving bench-soak bench-micro bench-answers bench-discover bench-radar bench-site bench-sweep bench-store \
	bench-kill bench fuzz wheel clean

help:  ## show this help
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

demo: $(VENV)/.run  ## ask the shipped index a question
	@$(BIN)/ssm-search query "mamba for video"
	@echo 'Ask more:  $(BIN)/ssm-search query "predicting stock prices"'
	@echo '           $(BIN)/ssm-search related 2403.06977'
	@echo '           $(BIN)/ssm-search --help'
	@echo 'In a browser:  make app'

app: $(VENV)/.run  ## open the page
	$(BIN)/ssm-search app

test: $(VENV)/.dev $(VENV)/.onnx-backend browser strace  ## lint, check types, run the tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --durations=20

check: $(VENV)/.dev  ## lint, check types, run the quick tests: two minutes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest --quiet -m "not slow and not encoder"

# In the shell of Chromium, which has no windows, where it can be had; else in what there is.
browser:
	@command -v chromium-headless-shell >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		echo "Installing chromium-headless-shell, which the page is tested in ..." && \
		timeout 300 apt-get -qq update && \
		apt-get -qq install --yes --no-install-recommends chromium-headless-shell >/dev/null; \
	} || command -v chromium >/dev/null || command -v google-chrome >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		apt-get -qq install --yes --no-install-recommends chromium >/dev/null; \
	} || echo "There is no chromium: the tests of the page in a browser will be skipped."

strace:
	@command -v strace >/dev/null || { \
		test "$$(id -u)" = 0 && command -v apt-get >/dev/null && \
		echo "Installing strace, which sees whom native code calls ..." && \
		apt-get -qq update && apt-get -qq install --yes --no-install-recommends strace >/dev/null; \
	} || echo "There is no strace: whom native code calls is not tested."

index: $(VENV)/.run  ## rebuild the shipped index from index/awesome-mamba.md
	$(BIN)/ssm-search build index/awesome-mamba.md --index index/awesome-mamba \
		$(if $(wildcard $(ABSTRACTS)),--abstracts $(ABSTRACTS)) --abstracts index/authors.jsonl

bench: $(VENV)/.dev  ## every question at once, beside what one might pick instead
	$(BIN)/python benchmarks/compare.py

bench-quality: $(VENV)/.dev  ## papers found by summaries, real questions and topics, by each signal
	$(BIN)/python benchmarks/quality.py

bench-gists: $(VENV)/.dev  ## does a card's sentence say what authors say of their paper?
	$(BIN)/python benchmarks/gists.py

bench-related: $(VENV)/.dev  ## is what is related to a paper under the same heading?
	$(BIN)/python benchmarks/related.py

bench-categories: $(VENV)/.dev  ## filing papers under headings, beside simpler ways
	$(BIN)/python benchmarks/categories.py

bench-upkeep: $(VENV)/.dev  ## duplicates and misfiled papers: found, and falsely found
	$(BIN)/python benchmarks/upkeep.py

bench-trust: $(VENV)/.dev  ## is confidence right, and "nothing" said where nothing is?
	$(BIN)/python benchmarks/trust.py

bench-lists: $(VENV)/.dev  ## how much of real lists is read right
	$(BIN)/python benchmarks/lists.py
	$(BIN)/python benchmarks/dialects.py

bench-rows: $(VENV)/.dev  ## are rows of real lists written again as they were?
	$(BIN)/python benchmarks/rows.py

bench-serving: $(VENV)/.dev  ## the page's server: 50, then 200 users at once; its start
	$(BIN)/python benchmarks/serving.py

bench-soak: $(VENV)/.dev  ## half an hour of everything at once: right, quick, no larger?
	$(BIN)/python benchmarks/soak.py

bench-encoder: $(VENV)/.dev  ## the shipped encoder beside its model and MiniLM: answers, speed, size
	$(BIN)/python benchmarks/exported.py

bench-discover: $(VENV)/.dev  ## hidden papers of lists, found again in the index CORPUS=...
	@test -n "$(CORPUS)" || { echo "Name the index of a corpus with CORPUS=..." >&2; exit 1; }
	$(BIN)/python benchmarks/discovering.py $(CORPUS)

bench-radar: $(VENV)/.dev  ## what keepers put onto their lists later, among what is new each month
	$(BIN)/python benchmarks/radar.py

bench-site: $(VENV)/.dev browser  ## search without a server: how good, how large, how quick?
	$(BIN)/python benchmarks/sites.py

bench-sweep: $(VENV)/.dev  ## search by vector from 1 k to 1 M, with the vectors of CORPUS=...
	@test -n "$(CORPUS)" || { echo "Name the index of a corpus with CORPUS=..." >&2; exit 1; }
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/sweep.py $(CORPUS)

bench-store: $(VENV)/.dev  ## a corpus in a database, STORE=..., beside the folder CORPUS=...
	@test -n "$(CORPUS)" -a -n "$(STORE)" || { echo "Name CORPUS=... and STORE=..." >&2; exit 1; }
	$(BIN)/python benchmarks/stored.py $(CORPUS) $(STORE)

bench-answers: $(VENV)/.dev  ## are answers what they were? 351 questions to three kinds of places
	$(BIN)/python benchmarks/answers.py

bench-kill: $(VENV)/.dev  ## what do 1,000 kills of builds, updates and submissions leave behind?
	$(BIN)/python benchmarks/kill.py

bench-micro: $(VENV)/.dev  ## what each part costs; the numbers are kept in benchmarks/.cache
	@mkdir -p benchmarks/.cache
	$(BIN)/pytest benchmarks/micro.py --quiet --numprocesses=0 --benchmark-columns=min,median,stddev,rounds \
		--benchmark-sort=name --benchmark-json=benchmarks/.cache/micro.json

docs: $(VENV)/.dev  ## build the documentation into docs/_build
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build
	@echo "docs/_build/index.html"

fuzz: $(VENV)/.dev  ## does hostile input crash, hang or fill memory? 10 MB a format
	$(BIN)/python benchmarks/fuzz.py

wheel: $(VENV)/.run  ## build dist/*.whl, with the index in it
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir dist .

clean:  ## remove the virtual environment and everything built
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; name it with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV); this takes a minute or two ..."
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) with the tools for testing; this takes a minute or two ..."
	@$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/.run

# What sentence-transformers runs an export by, optimum-onnx, needs older packages than ours: they go
# into an environment of their own, which has all others from the outer one, behind its own.
BACKEND := $(VENV)/onnx-backend
OLDER := datasets|dill|fsspec|huggingface_hub|multiprocess|sentence-transformers|tokenizers|transformers
SITE := -c 'import sysconfig; print(sysconfig.get_path("purelib"))'

$(VENV)/.onnx-backend: $(VENV)/.dev
	@echo "Installing into $(BACKEND), where sentence-transformers runs exports ..."
	@$(BIN)/python -m venv $(BACKEND)
	@$(BIN)/python $(SITE) >"$$($(BACKEND)/bin/python $(SITE))/outer.pth"
	@grep -vE '^($(OLDER))==' constraints.txt >$(BACKEND)/constraints.txt
	@$(BACKEND)/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts \
		--constraint $(BACKEND)/constraints.txt \
		'datasets<5' optimum-onnx 'sentence-transformers<6' 'transformers<4.58'
	@touch $@
