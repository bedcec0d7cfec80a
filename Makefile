# make run | test | lint | types | bench | load | screenshots | install-dft | test-dft | install-espresso    (HOST and PORT say where the dashboard listens)
# make test SLOW=1 runs the slow tests too; WORKERS says how many processes share the tests

HOST ?= 127.0.0.1
PORT ?= 8050
WORKERS ?= 2
SLOW ?=
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check -c constraints.txt
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
BROWSER_STAMP := $(VENV)/.installed-browser
DFT_STAMP := $(VENV)/.installed-dft
ESPRESSO_STAMP := $(VENV)/.installed-espresso

.PHONY: run test lint types bench load screenshots install-dft test-dft install-espresso clean

run: $(RUN_STAMP)
	HOST=$(HOST) PORT=$(PORT) $(PY) app.py

test: $(DEV_STAMP) $(BROWSER_STAMP)
	OMP_NUM_THREADS=1 $(PY) -m pytest -n $(WORKERS) --dist worksteal $(if $(SLOW),,-m "not slow")

lint: $(DEV_STAMP)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(DEV_STAMP)
	$(PY) -m mypy

bench: $(DEV_STAMP) $(BROWSER_STAMP)
	$(PY) -m core bench --json
	$(PY) -m docs.bench_pages

load: $(DEV_STAMP)
	@$(PY) -m docs.load

screenshots: $(DEV_STAMP) $(BROWSER_STAMP)
	$(PY) -m docs.screenshots

# Density functional theory: GPAW, built from source in a minute or two; a C++ compiler and Python's headers suffice.
install-dft: $(DFT_STAMP)

test-dft: $(DFT_STAMP) $(DEV_STAMP)
	OMP_NUM_THREADS=1 $(PY) -m pytest tests/dft

# What reads files of Quantum ESPRESSO for `python -m core dft-import`; the code itself is not needed.
install-espresso: $(ESPRESSO_STAMP)

clean:
	rm -rf $(VENV) .cache .pytest_cache .ruff_cache .mypy_cache dist

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Bandloom needs Python 3.11 or newer, and $(PYTHON) is older: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "$(PYTHON) cannot make virtual environments. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN_STAMP): requirements.txt constraints.txt | $(PY)
	@echo "Installing what the dashboard needs into $(VENV): a few minutes, the first time only"
	$(PIP) -r requirements.txt
	@touch $@

$(DEV_STAMP): requirements-dev.txt requirements-redis.txt requirements-espresso.txt requirements.txt constraints.txt | $(PY)
	@echo "Installing what the tests need into $(VENV): a few minutes, the first time only"
	$(PIP) -r requirements-dev.txt
	@touch $@

$(DFT_STAMP): requirements-dft.txt requirements.txt constraints.txt core/dft/siteconfig.py | $(PY)
	GPAW_CONFIG=$(CURDIR)/core/dft/siteconfig.py $(PIP) -r requirements-dft.txt
	@touch $@

$(ESPRESSO_STAMP): requirements-espresso.txt requirements.txt constraints.txt | $(PY)
	$(PIP) -r requirements-espresso.txt
	@touch $@

# A Chromium already there is used; else Debian's package; else the one that Playwright brings.
$(BROWSER_STAMP): tests/install_browser.sh | $(DEV_STAMP)
	bash tests/install_browser.sh $(PY)
	@touch $@
