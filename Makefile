# The first of these that is a Python this site runs on.
PYTHON := $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
# By the versions that were tested, of whatever is installed.
PIP := .venv/bin/python -m pip install --disable-pip-version-check --constraint constraints.txt

# Gunicorn can't read it when it is empty.
ifeq ($(strip $(WEB_CONCURRENCY)),)
unexport WEB_CONCURRENCY
endif

.PHONY: run test test-browser test-ml test-postgresql test-sqlite coverage lint audit train retrain messages constraints
.DELETE_ON_ERROR:

run: .venv/run var/static/staticfiles.json
	.venv/bin/python manage.py migrate --noinput --skip-checks
	@echo "Open http://127.0.0.1:$(or $(PORT),8000)$(SCRIPT_NAME)/ in a browser; Ctrl-C stops the site."
	@exec .venv/bin/gunicorn --bind 127.0.0.1:$(or $(PORT),8000) digitsite.wsgi

test: .venv/test
	$(MAKE) lint
	$(MAKE) --jobs=2 test-browser test-sqlite test-postgresql test-ml

# Two parts at a time, the longest first, so that both cores have something to do until the end.
# A browser on a busy machine may fail; what fails three times is wrong. The report names all.
test-browser: .venv/test
	.venv/bin/python -m pytest -m browser --reruns 2 -r aR

test-postgresql: .venv/test
	.venv/bin/python -m tests.support.on_postgres .venv/bin/python -m pytest -m "not browser"

test-sqlite: .venv/test
	.venv/bin/python -m pytest -m "not browser" --ignore tests/ml --ignore tests/test_notebook.py

test-ml: .venv/test
	.venv/bin/python -m pytest tests/ml tests/test_notebook.py

# How much of the code the tests run, and whether that is enough: it takes half as long again.
coverage: .venv/test
	.venv/bin/python -m pytest -m "not browser" --cov --cov-report=term

lint: .venv/test
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/lint-imports

# Are there known vulnerabilities in what was tested? It asks PyPI, with a tool that nothing else needs.
audit: | .venv/bin/pip
	$(PYTHON) -m venv var/audit && var/audit/bin/pip install --quiet pip-audit
	var/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

train: .venv/train
	.venv/bin/python -m ml.train

retrain: .venv/train
	.venv/bin/python manage.py retrain

# What is new in the code and templates goes into locale/*/LC_MESSAGES/*.po, to be translated there;
# run it again to compile them. It needs GNU gettext.
messages: .venv/run
	for domain in django djangojs; do .venv/bin/python manage.py makemessages --domain $$domain \
		--all --no-location --no-obsolete --ignore tests --ignore var || exit; done
	.venv/bin/python manage.py compilemessages --ignore .venv

# Takes the newest versions that the lists allow, tested or not: run make test then.
constraints: | .venv/bin/pip
	rm -rf var/constraints && $(PYTHON) -m venv var/constraints
	var/constraints/bin/pip install --quiet -r requirements.txt -r ml/requirements.txt \
		-r tests/requirements.txt
	( echo "# What was tested, of all three lists; make constraints writes it anew." \
		&& var/constraints/bin/pip freeze --exclude-editable ) > constraints.txt
	rm -r var/constraints

var/static/staticfiles.json: .venv/run $(shell find static -type f)
	.venv/bin/python manage.py collectstatic --noinput --verbosity 0

# Each of these files marks when its lists were last installed.
.venv/run: requirements.txt constraints.txt | .venv/bin/pip
	$(PIP) -r requirements.txt
	@touch $@

.venv/train: requirements.txt ml/requirements.txt constraints.txt | .venv/bin/pip
	$(PIP) -r ml/requirements.txt
	@touch $@

.venv/test: requirements.txt ml/requirements.txt tests/requirements.txt constraints.txt | .venv/bin/pip
	$(PIP) -r ml/requirements.txt -r tests/requirements.txt
	@touch $@

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed and none was found:\
	 install one (on Debian: sudo apt install python3 python3-venv), then run make again."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python can't make virtual\
	 environments: run 'sudo apt install python3-venv', then run make again."; exit 1; }
	$(PYTHON) -m venv --clear .venv
