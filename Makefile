# Two commands:  make run   the whole site with a demo, at http://localhost:8000 (PORT=... for another)
#                make test  every check and test
# `make clean` removes what they made.

PYTHON ?= python3

.PHONY: run test bench chaos fuzz privacy trust clean python

run: python
	@$(PYTHON) portal/run/install.py requirements-demo.txt
	@exec .venv/bin/python -m portal.run.start

# Beside a `make run`: other ports, other data.
test: export PORT := $(or $(PORT),8900)
test: export VAR_DIR := $(CURDIR)/var/test
test: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@exec .venv/bin/python -m portal.run.checks

# How fast it is, against bars: N= rows of the largest part, GROUP= one of tests/bench alone.
# Writes var/reports/bench.json.
bench: export PORT := $(or $(PORT),8860)
bench: export VAR_DIR := $(CURDIR)/var/bench
bench: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@.venv/bin/python -m tests.bench $(GROUP); code=$$?; .venv/bin/python -m portal.run.services stop; exit $$code

# Everything dies while campaigns are sent: lost 0, twice 0, extra 0. N= deliveries, KILLS=, ROUNDS=,
# SEED=. Writes var/reports/chaos.json.
chaos: export PORT := $(or $(PORT),8850)
chaos: export VAR_DIR := $(CURDIR)/var/chaos
chaos: export N := $(or $(N),1000000)
chaos: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@.venv/bin/pytest -q -s tests/chaos; code=$$?; .venv/bin/python -m portal.run.services stop; exit $$code

# Whatever may be sent to the APIs: schemas, hostile texts and bodies, the table of permissions, and how
# long a no takes. N= cases. Writes var/reports/fuzz.json and timing.json.
fuzz: export PORT := $(or $(PORT),8870)
fuzz: export VAR_DIR := $(CURDIR)/var/fuzz
fuzz: export N := $(or $(N),12000)
fuzz: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@.venv/bin/pytest -q -s tests/fuzz tests/permissions; code=$$?; .venv/bin/python -m portal.run.services stop; exit $$code

# What attacks on audience counts gain, TARGETS=2000 people attacked: var/reports/privacy.json.
privacy: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@TARGETS=$(or $(TARGETS),2000) .venv/bin/pytest -q -s --create-db tests/privacy

# Simulates senders under the published rules; writes var/reports/trust.json. SCALE=0.1 is quicker.
trust: python
	@$(PYTHON) portal/run/install.py requirements-dev.txt
	@DEBUG=1 .venv/bin/python manage.py simulate_trust --scale $(or $(SCALE),1)

clean: python
	@$(PYTHON) portal/run/clean.py

python:
	@command -v $(PYTHON) >/dev/null || { echo "Signet needs Python 3.11 or newer. Install python3, or say: make run PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Signet needs Python 3.11 or newer, and %s is older. Say: make run PYTHON=/path/to/python3.11" % sys.executable)'
