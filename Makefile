# One page of commands. Everything happens in .venv; nothing else is touched.

PYTHON ?= python3
OLDEST_PYTHON ?= python3.11
ACCOUNTS ?= 10000
TARGET ?= tokens
SECONDS ?= 60
PYTEST_ARGS ?= --numprocesses auto --dist worksteal

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DOCS_BUILD := docs/_build

# Rules, plans, transitions and formats: no branch of these is left untested.
PURE := \
	src/credguard/_key.py \
	src/credguard/_sealed.py \
	src/credguard/_text.py \
	src/credguard/keys.py \
	src/credguard/campaigns/approval_policy.py \
	src/credguard/campaigns/atoms.py \
	src/credguard/campaigns/expressions.py \
	src/credguard/campaigns/forecast.py \
	src/credguard/campaigns/letter.py \
	src/credguard/campaigns/lists.py \
	src/credguard/campaigns/bounce_codes.py \
	src/credguard/campaigns/breaker.py \
	src/credguard/campaigns/letter_checks.py \
	src/credguard/campaigns/letter_texts.py \
	src/credguard/campaigns/mail_groups.py \
	src/credguard/campaigns/notice_file.py \
	src/credguard/campaigns/notice_forecast.py \
	src/credguard/campaigns/notice_policy.py \
	src/credguard/campaigns/pacing.py \
	src/credguard/campaigns/quiet_hours.py \
	src/credguard/campaigns/verp.py \
	src/credguard/campaigns/wording.py \
	src/credguard/campaigns/plan.py \
	src/credguard/campaigns/plan_file.py \
	src/credguard/campaigns/plotting.py \
	src/credguard/campaigns/reachable.py \
	src/credguard/campaigns/report_page.py \
	src/credguard/campaigns/scope.py \
	src/credguard/campaigns/scope_text.py \
	src/credguard/campaigns/states.py \
	src/credguard/campaigns/hook_progress.py \
	src/credguard/campaigns/status.py \
	src/credguard/campaigns/tally.py \
	src/credguard/campaigns/timeline.py \
	src/credguard/campaigns/tokens.py \
	src/credguard/guard/forgotten_tokens.py \
	src/credguard/guard/proofs.py \
	src/credguard/integrations/flask/identities.py \
	src/credguard/incidents/fields.py \
	src/credguard/incidents/incident.py \
	src/credguard/incidents/public.py \
	src/credguard/incidents/regulator.py \
	src/credguard/passwords/phc.py \
	src/credguard/passwords/preparing.py \
	src/credguard/passwords/work_factor.py \
	src/credguard/screening/blocklists.py \
	src/credguard/screening/cheapest.py \
	src/credguard/screening/context.py \
	src/credguard/screening/editions.py \
	src/credguard/screening/corpus/blocks.py \
	src/credguard/screening/corpus/hash_lists.py \
	src/credguard/screening/corpus/header.py \
	src/credguard/screening/corpus/layout.py \
	src/credguard/screening/corpus/lines.py \
	src/credguard/screening/corpus/news.py \
	src/credguard/screening/corpus/nt_hash.py \
	src/credguard/screening/corpus/range_text.py \
	src/credguard/screening/corpus/runs.py \
	src/credguard/screening/hints.py \
	src/credguard/screening/latin.py \
	src/credguard/screening/patterns.py \
	src/credguard/screening/policy.py \
	src/credguard/screening/hash_kind.py \
	src/credguard/screening/range_body.py \
	src/credguard/screening/range_decoding.py \
	src/credguard/screening/reasons.py \
	src/credguard/screening/standing.py \
	src/credguard/screening/variations.py \
	src/credguard/screening/verdicts.py \
	src/credguard/screening/vocabulary.py \
	src/credguard/screening/wording.py \
	src/credguard/second_factor/factor.py \
	src/credguard/second_factor/judging.py \
	src/credguard/second_factor/leaks/deciding.py \
	src/credguard/second_factor/limits.py \
	src/credguard/second_factor/recovery.py \
	src/credguard/second_factor/step_up.py \
	src/credguard/second_factor/takeover/allauth.py \
	src/credguard/second_factor/takeover/authelia.py \
	src/credguard/second_factor/takeover/code_rows.py \
	src/credguard/second_factor/takeover/discourse.py \
	src/credguard/second_factor/takeover/django_otp.py \
	src/credguard/second_factor/takeover/fernet.py \
	src/credguard/second_factor/takeover/fields.py \
	src/credguard/second_factor/takeover/files.py \
	src/credguard/second_factor/takeover/flask_security.py \
	src/credguard/second_factor/takeover/foreign_hashes.py \
	src/credguard/second_factor/takeover/google.py \
	src/credguard/second_factor/takeover/keycloak.py \
	src/credguard/second_factor/takeover/otpauth.py \
	src/credguard/second_factor/takeover/passlib_totp.py \
	src/credguard/second_factor/takeover/plain.py \
	src/credguard/second_factor/takeover/protobuf.py \
	src/credguard/second_factor/takeover/records.py \
	src/credguard/second_factor/takeover/refusals.py \
	src/credguard/second_factor/takeover/seeds.py \
	src/credguard/second_factor/takeover/warehouse.py \
	src/credguard/second_factor/totp.py \
	src/credguard/sessions/crossing.py \
	src/credguard/sessions/journal_policy.py \
	src/credguard/sessions/stamps.py \
	src/credguard/storage/merkle.py

comma := ,
empty :=
space := $(empty) $(empty)

.DEFAULT_GOAL := help
.PHONY: help install test prove drill check services-test coverage lint format docs lock clean \
	bench-campaigns bench-passwords bench-screening bench-strength bench-second-factors \
	bench-sessions javascript cli-reference pictures strangers trial-kills trial-swaps trial-mail-farm \
	modes mutants fuzz oldest bench-timing public-api

help:  ## Show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-20s %s\n", $$1, $$2 }' Makefile

install: $(INSTALLED)  ## Make .venv with everything that developing needs

$(INSTALLED): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "credguard needs Python 3.11 or newer; name one: make PYTHON=python3.12 ..." >&2; \
		exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the pinned requirements into $(VENV) (a minute, once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/dev.txt \
		--constraint requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

test: $(INSTALLED)  ## Run the tests: SQLite, no network, no service needed
	$(BIN)/python -m pytest $(PYTEST_ARGS)

build/oldest/.installed: requirements/oldest.txt pyproject.toml
	$(OLDEST_PYTHON) -m venv build/oldest
	build/oldest/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/oldest.txt \
		--constraint requirements/oldest.txt
	build/oldest/bin/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

# The programs of the environment come first: some tests start the command by its name.
oldest: build/oldest/.installed  ## Run the tests with the oldest supported dependencies
	PATH="$(CURDIR)/build/oldest/bin:$$PATH" build/oldest/bin/python -m pytest $(PYTEST_ARGS)

prove: export CREDGUARD_TEST_SIZE = prove
prove: $(INSTALLED)  ## Prove the promises, in one table; one: make prove PROMISE=P5
	$(BIN)/python -m pytest --proofs --proofs-page=docs/proved.md \
		$(PROMISE:%=--promise=%) $(PYTEST_ARGS)

drill: $(INSTALLED)  ## Play a whole forced reset: make drill ACCOUNTS=10000
	$(BIN)/credguard drill --accounts $(ACCOUNTS)

check: lint docs coverage  ## Run everything that a change must pass

services-test: export CREDGUARD_REQUIRE_SERVICES = 1
services-test: test  ## Run the tests; fail where PostgreSQL or MariaDB is missing

coverage: $(INSTALLED)
	@ls $(PURE) > /dev/null
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(PYTEST_ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	@echo "The pure core, of which nothing may be missed:"
	$(BIN)/coverage report --fail-under=100 \
		--include=$(subst $(space),$(comma),$(strip $(PURE)))

lint: $(INSTALLED)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/codespell
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

build/bench/.installed: benchmarks/requirements.txt pyproject.toml
	$(PYTHON) -m venv build/bench
	build/bench/bin/python -m pip install --quiet --disable-pip-version-check \
		-r benchmarks/requirements.txt --editable '.[cli,postgres,mariadb,legacy,qr,corpus]'
	@touch $@

bench-campaigns: build/bench/.installed  ## Measure plans, openings and sweeps
	build/bench/bin/python -m benchmarks.campaigns $(BENCH_ARGS)

bench-passwords: build/bench/.installed  ## Measure hashing beside its peers
	build/bench/bin/python -m benchmarks.passwords $(BENCH_ARGS)

bench-strength: build/bench/.installed  ## Measure judging passwords beside its peers
	build/bench/bin/python -m benchmarks.screening.strength $(BENCH_ARGS)

bench-screening: build/bench/.installed  ## Measure the corpus beside its peers
	build/bench/bin/python -m benchmarks.screening $(BENCH_ARGS)

bench-second-factors: build/bench/.installed  ## Measure second factors, with races
	build/bench/bin/python -m benchmarks.second_factors $(BENCH_ARGS)

bench-sessions: build/bench/.installed  ## Measure what checking a session costs
	build/bench/bin/python -m benchmarks.sessions

build/javascript/.installed: tests/javascript/package-lock.json
	mkdir -p build/javascript
	cp tests/javascript/package.json tests/javascript/package-lock.json build/javascript
	cd build/javascript && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

javascript: build/javascript/.installed  ## Install the authenticators in JavaScript

cli-reference: $(INSTALLED)  ## Write the page of commands anew
	$(BIN)/python docs/cli_reference.py

pictures: $(INSTALLED)  ## Take the documentation's pictures of the example forum anew
	CREDGUARD_PICTURES=docs/pictures $(BIN)/python -m pytest tests/examples -q

strangers: $(INSTALLED)  ## Try credguard on forum packages that others wrote
	$(BIN)/python tests/strangers $(STRANGERS)

trial-kills: $(INSTALLED)  ## Kill the workers of a campaign again and again
	$(BIN)/python -m benchmarks.campaigns.kills $(BENCH_ARGS)

trial-swaps: $(INSTALLED)  ## Play the accident of 2019, with its numbers
	$(BIN)/python tests/guard/accident.py $(BENCH_ARGS)

trial-mail-farm: $(INSTALLED)  ## Send a campaign to a simulated mail farm
	$(BIN)/python -m benchmarks.campaigns.mail_farm $(BENCH_ARGS)

modes: $(INSTALLED)  ## Tell one story in every mode of the interpreter
	$(BIN)/python tests/promises/modes.py $(MODES)

mutants: $(INSTALLED)  ## Break what decides, and see the tests fail: make mutants MODULES=keys
	$(BIN)/python -m benchmarks.mutants $(MODULES)

fuzz: $(INSTALLED)  ## Fuzz what reads foreign text: make fuzz TARGET=tokens SECONDS=60
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --requirement requirements/fuzz.txt
	$(BIN)/python tests/fuzz/run.py $(TARGET) $(SECONDS)

bench-timing: $(INSTALLED)  ## Compare what refusals take: BENCH_ARGS="--samples 400"
	$(BIN)/python -m benchmarks.timing $(BENCH_ARGS)

public-api: $(INSTALLED)  ## Write down the public names and signatures anew
	$(BIN)/python tests/guards/public_api.py

format: $(INSTALLED)  ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs: $(INSTALLED)  ## Build the documentation; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky \
		--builder html docs $(DOCS_BUILD)/html

# What all pinned files have in common: no address, and every supported system.
LOCK := $(BIN)/uv pip compile --quiet --universal --no-emit-index-url \
	--no-emit-find-links --no-annotate --no-header
LOCK_OURS := $(LOCK) --python-version 3.11 --all-extras

# What pyproject.toml names is oldest.txt's at its lower bound; all else is as in dev.txt.
lock: $(INSTALLED)  ## Choose the newest development requirements and pin them
	$(LOCK_OURS) --upgrade --generate-hashes \
		--output-file requirements/dev.txt pyproject.toml requirements/dev.in
	@mkdir -p build
	$(LOCK_OURS) --upgrade --no-deps --resolution lowest-direct \
		--output-file build/lowest.txt pyproject.toml
	cp requirements/dev.txt requirements/oldest.txt
	$(LOCK_OURS) --generate-hashes --constraint build/lowest.txt \
		--output-file requirements/oldest.txt pyproject.toml requirements/test.in
	$(LOCK) --python-version 3.13 --generate-hashes --constraint requirements/dev.txt \
		--output-file requirements/release.txt requirements/release.in
	$(LOCK) --python-version 3.11 --generate-hashes --constraint requirements/dev.txt \
		--output-file requirements/fuzz.txt requirements/fuzz.in

clean:  ## Remove what these commands made, the environment too
	rm -rf $(VENV) $(DOCS_BUILD) build dist .coverage .coverage.* \
		.hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
