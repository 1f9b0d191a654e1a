# Vigie: `make` explains itself.
# SCRATCH may point elsewhere, to keep two trees' builds apart; its name begins with .build.
SCRATCH ?= .build
export SCRATCH

.PHONY: help setup build check-agent demo demo-stop test check golden fmt clean bench bench-quick bench-micro bench-page bench-history test-kill test-apt-real test-docker deb deb-reproducible repo install-test test-registry fuzz

help:  ## this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## install the Debian packages that building and testing need
	@scripts/setup

build: setup  ## build stripped vigie-agent, vigie-hub and vigie into out/bin
	@scripts/build

demo: build  ## start a hub on loopback, enrol this machine, show what it answers
	@scripts/demo start

demo-stop:  ## stop the demo's hub
	@scripts/demo stop

test: setup  ## run all tests
	@scripts/test

check: setup  ## formatting, contracts, linkage rules, scripts
	@scripts/check

check-agent:  ## what the built agent links and weighs
	@scripts/check-agent

fuzz: setup  ## fuzz every parser, 60 s each (VIGIE_FUZZ_SECONDS)
	@scripts/fuzz

golden: setup  ## write the golden files anew; read the diff before you commit it
	@UPDATE_GOLDEN=1 scripts/test --filter 'HostMachineTests|MigrationTests' && git --no-pager diff --stat -- Tests contracts

fmt:  ## format the Swift sources
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

test-docker: setup  ## the tests of a real engine: Docker and Podman, started for them (needs root)
	@scripts/test-docker

test-registry: setup  ## the tests of image checks against a real registry, which is installed for them
	@scripts/test-registry

bench: build  ## measure the hub beside its peers, which are installed for it; tables, and JSON in out/bench
	@scripts/bench full

bench-quick: build  ## the same without peers, in a minute
	@scripts/bench quick

bench-micro: build  ## instructions of the hot parts against their thresholds (UPDATE=1 writes them anew)
	@scripts/bench-micro $(if $(UPDATE),--update)

bench-page:  ## keep the last 'make bench' for a release: docs/benchmarks (VERSION=0.1.0)
	@PYTHONPATH=Benchmarks PYTHONDONTWRITEBYTECODE=1 python3 -m harness.page $(VERSION)

bench-history: build  ## a fleet's history: sizes, questions, rates (MACHINES=1000 DAYS=30 MINUTES=5)
	@scripts/bench-history $(MACHINES) $(DAYS) $(MINUTES)

test-kill: setup  ## kill -9 of hub and agent under load, fifty times
	@VIGIE_KILL_ROUNDS=50 scripts/test --filter KillTests

test-apt-real: setup  ## compare the agent with APT itself in real Debian 12 and 13 root file systems (needs root)
	@scripts/test-apt-real

deb: setup  ## build the Debian packages into out/deb
	@scripts/deb

deb-reproducible: setup  ## build the packages twice, in two places, and compare the bytes (a quarter of an hour)
	@scripts/deb-reproducible

repo:  ## lay the packages in out/deb out as a signed APT repository in out/repo
	@scripts/repo

install-test: setup  ## install the packages in Debian 12 and 13, booted in containers (needs root)
	@scripts/install-test

clean:  ## remove everything that was built
	@rm -rf out $(SCRATCH) $(SCRATCH)-history
