# Thin names over presets and scripts. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.ONESHELL:
JOBS ?= $(shell nproc)
PYTHON ?= /usr/bin/python3
RELEASE := build/release

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  \1\t\2/' | expand -t 18

.PHONY: setup setup-check
setup: ## install what is missing of Debian's packages (quick when nothing is)
	@.ci/setup .ci/packages.txt
setup-check: setup
	@.ci/setup .ci/packages.txt .ci/packages-check.txt

.PHONY: build
build: setup ## build everything into build/release
	@cmake --preset release --log-level=WARNING
	@cmake --build --preset release -j $(JOBS)

.PHONY: demo
demo: build ## the main job: real Triton servers behind NGINX, scaled 1 -> 7 -> 1
	@$(PYTHON) examples/flower/demo.py

.PHONY: demo-mig
demo-mig: build ## three services on MIG slices of eight simulated A100s, packed as load changes (a minute)
	@$(PYTHON) examples/mig/demo.py

.PHONY: test
test: build ## unit, golden, fault, end-to-end, package and Python tests
	@ctest --preset release -j $(JOBS) -LE 'slow|e2e'
	@ctest --preset release -L e2e -LE slow
	@PYTHON=$(PYTHON) python/test.sh

.PHONY: test-slow
test-slow: build ## the end-to-end faults and other slow suites
	@ctest --preset release -L slow

.PHONY: test-nvml
test-nvml: build ## on a machine with an NVIDIA GPU: what is read through NVML equals nvidia-smi's
	@$(PYTHON) tests/device/nvml_agrees.py $(RELEASE)/bin/tidegate

.PHONY: golden-open-metrics
golden-open-metrics: build ## the OpenMetrics project's own parser tests, from its Go module
	@$(PYTHON) tests/golden/open_metrics.py $(RELEASE)/bin/tidegate-golden "$$(.ci/find-go)"

.PHONY: golden
golden: build ## agreement with the real systems' answers, by set, version and family
	@$(PYTHON) tests/golden/check.py $(RELEASE)/bin/tidegate-golden

.PHONY: oracle
oracle: build ## random scenarios against the real HPA controller: SEED=1 STEPS=10000 VERSION=1.37 (or all) FAMILIES=…
	@$(PYTHON) tests/golden/oracle/differential.py $(RELEASE)/bin/tidegate-golden --seed $${SEED:-1} --steps $${STEPS:-10000} \
	  --version $${VERSION:-1.37} --families "$${FAMILIES:-}"

.PHONY: promqltest
promqltest: build ## Prometheus's own tests of PromQL, read from its Go module
	@$(PYTHON) tests/golden/promqltest/run.py $(RELEASE)/bin/tidegate-golden

.PHONY: adapter
adapter: build ## the real Prometheus Adapter and Tidegate on the same rules: SEED=1 RULES=200 (builds an API server; slow the first time)
	@$(PYTHON) tests/adapter/run.py $(RELEASE)/bin/tidegate-golden --seed $${SEED:-1} --rules $${RULES:-200}

.PHONY: agree
agree: build ## a real Prometheus and Tidegate measure the same servers and say the same: MINUTES=15
	@AGREE_SECONDS=$$(( $${MINUTES:-2} * 60 )) $(RELEASE)/tests/agree_test

.PHONY: bench
bench: build ## the benchmarks; results go to benchmarks/results/
	@benchmarks/run.sh $(RELEASE)

.PHONY: bench-peers
bench-peers: build ## the same work beside the peers, on one core: ROW=name; results in benchmarks/results/peers.json
	@$(PYTHON) benchmarks/peers/run.py $(RELEASE) $(ROW)

.PHONY: bench-mig
bench-mig: build ## packing, placing and repacking MIG slices: every table, into benchmarks/results/mig/ (minutes)
	@benchmarks/mig/run.sh $(RELEASE)

.PHONY: oracle-mig
oracle-mig: build ## 5,370 random packings against HiGHS (needs Python with scipy; slow)
	@$(PYTHON) tests/golden/mig/oracle.py $(RELEASE)/bin/tidegate-golden

.PHONY: check
check: setup-check ## format, clang-tidy, include directions, links in the docs
	@git ls-files '*.h' '*.cc' | xargs clang-format-14 --dry-run -Werror
	@$(PYTHON) tests/tidy/tidy_test.py
	@$(PYTHON) tests/tidy/docs_test.py
	@cmake --preset tidy --log-level=WARNING
	@cmake --build --preset tidy -j $(JOBS)

.PHONY: test-asan test-tsan test-clang
test-asan: setup ## unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --preset asan-ubsan --log-level=WARNING
	@cmake --build --preset asan-ubsan -j $(JOBS)
	@ctest --preset asan-ubsan -j $(JOBS) -L 'unit|conformance|fault'
test-tsan: setup ## the same under ThreadSanitizer
	@cmake --preset tsan --log-level=WARNING
	@cmake --build --preset tsan -j $(JOBS)
	@ctest --preset tsan -j $(JOBS) -L 'unit|conformance|fault'
test-clang: setup-check ## the same sources with clang
	@cmake --preset clang --log-level=WARNING
	@cmake --build --preset clang -j $(JOBS)
	@ctest --preset clang -j $(JOBS) -L unit

.PHONY: fuzz
fuzz: setup-check ## every fuzz target for SECONDS_EACH seconds (60)
	@cmake --preset fuzz --log-level=WARNING
	@cmake --build --preset fuzz -j $(JOBS)
	@tests/fuzz/run.sh build/fuzz $${SECONDS_EACH:-60}

.PHONY: clean
clean: ## remove build/
	@rm -rf build
