# `make demo` and `make test` need nothing but Linux, make and Python 3.11 or later: they make .venv and fill it.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make requirements" pyproject.toml
SERVER := --extra build --extra server --extra alluxio --extra s3fast --extra gate

.DEFAULT_GOAL := help
.PHONY: help demo docs image sbom recording venv wheel test test-faults test-setup test-page siege test-wheel test-alluxio test-alerts test-chart test-kubernetes serve alluxio lint house bench bench-data bench-alluxio chaos prove-alluxio prove-eta prove-room mutate-guards fuzz-api proto requirements

# `make alluxio` and `make test-alluxio` need Maven. The Java comes as a wheel.
MAVEN := $(shell command -v mvn 2>/dev/null)
NO_MAVEN := Maven (mvn) is missing; it fetches the jars of Alluxio: apt-get install maven, then try again

# `make test-chart` needs helm: that of the system, or one that Go builds once, outside the checkout.
HELM_VERSION := v3.22.0
TOOLS := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/avio
BUILT_HELM := $(TOOLS)/helm-$(HELM_VERSION)
HELM := $(or $(shell command -v helm 2>/dev/null),$(BUILT_HELM))
GO := $(shell PATH="$$PATH:/usr/local/go/bin" command -v go 2>/dev/null)
# `make test-kubernetes` needs a kube-apiserver, too, which Go builds once, in some 20 minutes.
KUBERNETES_VERSION := v1.34.2
KUBE_APISERVER := $(TOOLS)/kube-apiserver-$(KUBERNETES_VERSION)
NO_HELM := helm is missing; install helm 3, or build it with Go 1.25 or later, once: make $(BUILT_HELM)
WORKERS ?= 1
TESTS ?= tests
# By file, a run whose worker crashed would wait for ever for the tests of the new one: it ends red instead.
# Files go out in the order of tests/conftest.py, those that take longest first.
LOADFILE := --dist loadfile --no-loadscope-reorder --max-worker-restart=0
# pytest keeps the tests that it has compiled, or each worker needs 5 s to compile them again.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
# The many processes that tests start find avio compiled, also where PYTHONDONTWRITEBYTECODE keeps Python from doing it.
COMPILED := $(BIN)/python -m compileall -q avio supervisor tests
# The servers in Go that some tests start; the first build takes a minute.
GO_BUILT := $(BIN)/python -m tests.servers.golang

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 24

demo: .venv/run.stamp  ## start everything in a fresh directory and show a preload and a save, in under a minute
	$(BIN)/avio-server demo

venv: .venv/dev.stamp  ## make .venv with all that development needs

wheel: .venv/dev.stamp  ## build the sdist and the wheel into dist/
	$(BIN)/uv build --quiet --no-build-isolation --python $(BIN)/python --out-dir dist

test: .venv/dev.stamp  ## run all tests, six at a time: many wait for processes
	@$(COMPILED)
	@$(GO_BUILT)
	$(PYTEST) -n 6 $(LOADFILE)

test-faults: .venv/dev.stamp  ## run the tests that break processes and check the recovery
	@$(COMPILED)
	@$(GO_BUILT)
	$(PYTEST) -m faults -n 4 $(LOADFILE)

test-setup: .venv/dev.stamp  ## run the README, completion in real shells, live terminals, backup, nginx and units
	@$(COMPILED)
	@$(GO_BUILT)
	$(PYTEST) -m setup -n 2 $(LOADFILE)

siege: .venv/dev.stamp  ## attack a web process, and time another user beside it (needs a quiet machine)
	$(BIN)/python -m pytest -m siege -s tests/integration/api/test_http_siege.py

# A machine without Chromium skips these tests, unless it is one of CI.
test-page: .venv/dev.stamp  ## run the tests of the page in a real Chromium; pictures of each view go to build/page
	@$(COMPILED)
	$(PYTEST) -m page tests/browser

test-wheel: .venv/dev.stamp  ## build the wheel, install it in fresh environments without a network, and serve from it
	$(BIN)/python -m pytest -m wheel tests/wheel

# A machine without Maven skips these tests, unless it is one of CI.
ifneq ($(MAVEN)$(CI)$(wildcard .alluxio/stamp),)
test-alluxio: .venv/dev.stamp .alluxio/stamp  ## run the tests that need a real Alluxio, on two (TESTS=tests/contract for some)
	$(PYTEST) -m alluxio -n 2 $(LOADFILE) $(TESTS)
else
test-alluxio:
	@echo "skipped: $(NO_MAVEN)"
endif

# A machine without helm skips these tests, unless it is one of CI: there helm is built, in some minutes.
ifneq ($(CI)$(wildcard $(HELM)),)
test-chart: .venv/dev.stamp $(HELM)  ## render the Helm chart for each set of values, and validate what comes out
	HELM=$(HELM) $(PYTEST) -m chart -n 2 $(LOADFILE) tests/chart
else
test-chart:
	@echo "skipped: $(NO_HELM)"
endif

test-kubernetes: .venv/dev.stamp $(HELM) $(KUBE_APISERVER)  ## run avio-gate on a real API server (etcd, kubectl; builds kube-apiserver once, in 20 min)
	@for each in etcd kubectl openssl; do command -v $$each >/dev/null || \
		{ echo "$$each is missing: apt-get install etcd-server kubernetes-client openssl, then try again" >&2; exit 1; }; done
	HELM=$(HELM) KUBE_APISERVER=$(KUBE_APISERVER) $(PYTEST) -m kubernetes tests/kubernetes

test-alerts: .venv/dev.stamp  ## show with promtool when each alert of deploy/prometheus fires (apt-get install prometheus)
	$(BIN)/python -m pytest tests/house/test_metrics.py

serve: .venv/run.stamp  ## start everything in ./var, on port 8080
	$(BIN)/avio-server up --home var

alluxio: .venv/dev.stamp .alluxio/stamp  ## start a real Alluxio cluster to try avio on (WORKERS=2 for two workers)
	@$(BIN)/python -m tests.servers.alluxio --workers $(WORKERS)

lint: .venv/dev.stamp  ## check style, types, imports, words and documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(GO_BUILT)
	$(PYTEST) -m house -n 2 $(LOADFILE)

house: .venv/dev.stamp  ## print the figures of the code: lengths of files and functions, import circles, late imports
	@$(BIN)/python -m tests.house.figures

bench: .venv/dev.stamp  ## measure tasks, dispatch, memory and queries, next to other tools
	$(BIN)/python -m bench

# Without Go there is no S3 server in memory: the paths that need it say that they are skipped.
PATHS := $(ONLY) --rounds $(or $(ROUNDS),5) $(if $(GIB),--gib $(GIB)) $(if $(DISK),--disk $(DISK))

bench-data: .venv/dev.stamp  ## measure preload, save and list, beside s5cmd and rclone (ONLY=preload_small ROUNDS=3 GIB=1 DISK=/var/tmp)
	@$(COMPILED) bench
	$(BIN)/python -m bench.data $(PATHS)

bench-alluxio: .venv/dev.stamp .alluxio/stamp  ## measure preload, save and listing on a real Alluxio cluster, beside its own commands
	$(BIN)/python -m bench alluxio

MINUTES ?= 10
SEED ?= $(shell date +%s)

chaos: .venv/dev.stamp  ## kill and freeze every part of a server on a store that lies for MINUTES; check its promises (SEED=n OLD=checkout)
	$(BIN)/python -m chaos $(MINUTES) $(SEED) $(OLD)

prove-alluxio: .venv/dev.stamp .alluxio/stamp  ## preload into a full Alluxio for ROUNDS, and check that what succeeded is still there
	$(BIN)/python -m prove $(or $(ROUNDS),30) $(SEED)

prove-room: .venv/dev.stamp  ## order JOBS random preloads on two nodes with small tiers, free and kill meanwhile; no tier may have too much (SEED=1)
	$(BIN)/python -m prove.room $(or $(JOBS),200) $(SEED)

prove-eta: .venv/dev.stamp  ## run JOBS of five shapes on throttled stores; most must know their end after a tenth of it (SEED=1)
	$(BIN)/python -m prove.eta $(or $(JOBS),100) $(SEED)

mutate-guards: .venv/dev.stamp  ## remove each guard in turn; its tests must fail
	$(BIN)/python -m mutation

EXAMPLES ?= 100

image:  ## build the container image without a daemon: .image/avio.tar (needs root, buildah, mmdebstrap, runc)
	@deploy/image/build.sh

sbom: .venv/dev.stamp  ## list all libraries of a server, with versions and licences: dist/avio.cdx.json (CycloneDX)
	@rm -rf .sbom && mkdir -p dist
	@$(BIN)/uv venv --quiet .sbom && $(BIN)/uv pip install --quiet --python .sbom/bin/python --require-hashes --requirement requirements.txt
	@sed "s/^dynamic = .*/version = \"$$($(BIN)/python -c 'import avio; print(avio.__version__)')\"/" pyproject.toml > .sbom/pyproject.toml
	$(BIN)/cyclonedx-py environment .sbom --pyproject .sbom/pyproject.toml --mc-type application --output-reproducible --output-file dist/avio.cdx.json
	@rm -rf .sbom

docs: .docs/stamp  ## make a site of the documents: site/index.html; broken links make it fail
	NO_MKDOCS_2_WARNING=1 .docs/bin/mkdocs build --quiet --strict

recording: .venv/dev.stamp  ## record the session of README.md on a real server again, and draw it
	$(BIN)/python -m recording

fuzz-api: .venv/dev.stamp  ## send requests made from /openapi.json to a real web, as a user and an admin; check every reply (EXAMPLES=100 SEED=1)
	$(BIN)/python -m fuzz $(EXAMPLES) $(SEED)

proto: .venv/dev.stamp  ## generate the gRPC messages of the Alluxio engine from their .proto files
	$(BIN)/python -m grpc_tools.protoc --proto_path=. --python_out=. --pyi_out=. avio/engines/alluxio/proto/*.proto

requirements: .venv/dev.stamp  ## pin the dependencies of pyproject.toml again, with hashes
	$(COMPILE) $(SERVER) --upgrade --output-file requirements.txt
	$(COMPILE) $(SERVER) --upgrade --extra dev --constraint requirements.txt --output-file requirements-dev.txt
	$(COMPILE) --upgrade --extra docs --constraint requirements.txt --output-file requirements-docs.txt

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "avio needs Python 3.11 or later: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@$(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "$(PYTHON) can't make a venv: apt-get install python3-venv (or its like), then try again" >&2; exit 1; }

.venv/run.stamp: .venv/pyvenv.cfg requirements.txt pyproject.toml
	$(PIP) install --require-hashes --requirement requirements.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.txt
	$(PIP) install --require-hashes --requirement requirements-dev.txt
	@touch $@

$(BUILT_HELM):
	@test -n "$(GO)" || { echo "$(NO_HELM)" >&2; exit 1; }
	@mkdir -p $@.build
	GOBIN=$(abspath $@.build) GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 $(GO) install helm.sh/helm/v3/cmd/helm@$(HELM_VERSION)
	@mv $@.build/helm $@ && rmdir $@.build

$(KUBE_APISERVER): tests/kubernetes/server/go.mod
	@test -n "$(GO)" || { echo "Go (go) is missing; it builds kube-apiserver" >&2; exit 1; }
	@mkdir -p $(@D)
	cd $(<D) && GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 $(GO) build -p=1 -o $@ \
		-ldflags "-s -w -X k8s.io/component-base/version.gitVersion=$(KUBERNETES_VERSION)" k8s.io/kubernetes/cmd/kube-apiserver

.docs/stamp: requirements-docs.txt | .venv/dev.stamp
	@rm -rf .docs
	@$(BIN)/uv venv --quiet .docs
	@$(BIN)/uv pip install --quiet --python .docs/bin/python --require-hashes --requirement requirements-docs.txt
	@touch $@

.alluxio/stamp: tests/servers/alluxio/pom.xml
	@test -n "$(MAVEN)" || { echo "$(NO_MAVEN)" >&2; exit 1; }
	@rm -rf .alluxio
	@$(MAVEN) --quiet --batch-mode --file $< dependency:copy-dependencies -DoutputDirectory=$(CURDIR)/.alluxio/lib
	@touch $@
