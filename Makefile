# One command each; `.ci/run` calls `make lint test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
export CARGO_TERM_PROGRESS_WHEN ?= auto

PROXY := stingless-example-http-proxy

.PHONY: help demo test lint bench bench-verifier soak fuzz mutants bless setup-build setup-test

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup-build:
	@.ci/setup build

setup-test:
	@.ci/setup test

demo: setup-build ## Build the reverse proxy, drive real traffic through plugins, swap one under load
	@echo "building the proxy (some minutes the first time)"
	@cargo run --release -p $(PROXY) --bin demo

test: setup-test ## Every test, with a fixed-seed slice of the long ones (under 25 minutes cold on 2 cores)
	@.ci/test

lint: setup-test ## Format, clippy, rustdoc, file rules
	@.ci/lint

bench: setup-build ## Speed, with ratios to native code and peers in the same run
	@cd runtime/bench && cargo run --release --quiet

bench-verifier: setup-build ## The verifier beside the live kernel's and prevail: time, examined instructions, states, memory, and the bars
	@cd runtime/bench && cargo run --release --quiet --bin verifier -- $(ARGS)

soak: setup-test ## The long tests at their full counts; prints executions, seed and commit
	@STINGLESS_SOAK=1 .ci/test

fuzz: setup-build ## Fuzz targets, 60 s each (cargo-fuzz)
	@.ci/fuzz

mutants: setup-build ## Mutants of the abstract domain, of which its tests must catch 95 % (cargo-mutants; an hour and more)
	@.ci/mutants $(ARGS)

bless: setup-test ## Rewrite expectations (snapshots, goldens, docs/unsafe.md, docs/api); review the diff
	@.ci/bless
