GO ?= go
# How many records make run generates.
RECORDS ?= 100000
# A pipeline file of yours for make run; see examples/.
PIPELINES ?=
# How long make fuzz spends on each fuzz test.
FUZZTIME ?= 10s
# Versions of Kafka for make test-versions; docs/compatibility.md lists these.
VERSIONS ?= 2.4.1 2.8.2 3.9.2 4.0.2 4.2.0 4.4.0
# Flags for make bench; see bin/bench -help.
BENCH ?=
# Where make audit finds what is known: the Go project's database, or a copy of it.
VULNDB ?= https://vuln.go.dev
# How long make soak begins further scenarios.
SOAKTIME ?= 30m
# How many seeds make simulate runs, and the first of them.
SEEDS ?= 200
SEED_FROM ?= 1
# The only seed that make simulate runs, printing what happens.
SEED ?= 0
# The version that make release builds, and for what.
VERSION ?= $(shell sed -n 's/^  version: //p' connector.yaml)
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64
PROGRAMS ?= connector conduit
# More flags for go test, for example -race.
TESTFLAGS ?=

MODULES := . cmd/conduit bench tools

.DEFAULT_GOAL := help
.PHONY: help run build test test-unit test-versions bench simulate generate lint fmt fuzz audit soak release picture dashboard clean FORCE

help: ## List the targets (the default)
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done
	@echo "CONTRIBUTING.md says how long they take, and what they need."
	@echo "Settings: RECORDS=$(RECORDS) PIPELINES=file KAFKA_SERVERS=host:9092 (make run), FUZZTIME=$(FUZZTIME) (make fuzz), SOAKTIME=$(SOAKTIME) (make soak), SEEDS=$(SEEDS) SEED_FROM=$(SEED_FROM) SEED=n (make simulate), BENCH=flags (make bench), VERSIONS=versions of Kafka (make test-versions), TESTFLAGS=flags for go test (make test, test-unit, test-versions, soak), VULNDB=url (make audit), VERSION=$(VERSION) PLATFORMS=os/arch… PROGRAMS=connector conduit (make release)"

run: build ## Move RECORDS records through Conduit and Kafka and back, or run PIPELINES; embedded Kafka unless KAFKA_SERVERS is set
	@bin/roundtrip -conduit bin/conduit -out out -records "$(RECORDS)" -pipelines "$(PIPELINES)"

build: ## Build Conduit with the connector, the plugin process and the program of make run, into bin/
	@test -x bin/conduit || echo "Building Conduit; the first time this takes some minutes."
	@mkdir -p bin
	@$(GO) build -o bin/connector ./cmd/connector
	@cd cmd/conduit && $(GO) build -o ../../bin/ . ./roundtrip

# The runner has a module of its own, so that what it needs is not in the connector's.
bin/suite: FORCE
	@mkdir -p bin && cd tools && $(GO) build -o ../bin/ ./suite

test: bin/suite ## Run all tests: units, embedded Kafka, real Kafka (Docker, or Java 17 and Maven), Conduit
	@$(GO) build -o bin/kafka ./test/cmd/kafka
	@bin/suite -kafka bin/kafka -- $(TESTFLAGS)
	@[ -e bin/.kafka-started ] || echo "SKIPPED: the tests on real Apache Kafka. They run with Docker, with Java 17 and Maven, or with KAFKA_TEST_SERVERS=host:9092."

test-unit: bin/suite ## Run the fast tests: units and embedded Kafka
	@bin/suite -unit -- $(TESTFLAGS)

simulate: ## Run SEEDS seeds of the simulation from SEED_FROM on, or SEED alone: a minute of faults each, in simulated time
	@mkdir -p bin
	@$(GO) build -o bin/simulate ./test/cmd/simulate
	@bin/simulate -from $(SEED_FROM) -seeds $(SEEDS) -seed $(SEED)

# In its directory go test prints what the test does, also when it passes.
test-versions: ## Run the connector on real Kafka in each of VERSIONS (Java 17 and Maven), and print a table
	cd test/versions && KAFKA_TEST_VERSIONS="$(VERSIONS)" $(GO) test $(TESTFLAGS) -count=1 -timeout 0 -run TestVersions

bench: ## Measure the connector beside others on a Kafka of its own, and write docs/benchmarks.md
	@mkdir -p bin
	cd bench && $(GO) build -o ../bin/bench .
	@bin/bench $(BENCH)

picture: ## Draw docs/broker-death.svg: throughput, lag and latency while a broker is killed (Java 17 and Maven; two minutes)
	cd bench && $(GO) run ./death -out ../docs/broker-death.svg

dashboard: build ## Draw docs/dashboard.svg: the panels of the Grafana dashboard over a run (Prometheus in PATH, Java 17 and Maven; three minutes)
	cd bench && $(GO) run ./dashboard -out ../docs/dashboard.svg

generate: ## Regenerate connector.yaml, docs/settings.md and the mocks
	$(GO) generate ./...

# The linter's module is its own, too. Building it takes a minute or two, once.
# So is its cache: in one that two checkouts share, a finding keeps the path of the
# checkout that met it first, where a //nolint is not found once that is gone.
lint: ## Run go vet and the linters of .golangci.yml, and list files that are not formatted
	@lint=$$($(GO) -C tools/lint tool -n golangci-lint) && for m in $(MODULES); do \
		echo "lint $$m"; (cd $$m && $(GO) vet ./... && GOLANGCI_LINT_CACHE="$(CURDIR)/bin/.lint" "$$lint" run) || exit 1; done
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not formatted, run make fmt:"; echo "$$files"; exit 1; }

fmt: ## Format all Go files
	gofmt -w .

fuzz: ## Run each fuzz test for FUZZTIME
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "$$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
		done; done

# Two exit codes of govulncheck: 3 where it found something, another where it could not look.
audit: ## Look for known vulnerabilities in what each module uses, in the database at VULNDB
	@vuln=$$($(GO) -C tools/audit tool -n govulncheck) && for m in $(MODULES); do \
		echo "audit $$m"; (cd $$m && "$$vuln" -db $(VULNDB) ./...) && continue; \
		[ $$? -eq 3 ] || echo "make audit: NOT AUDITED: the database at VULNDB=$(VULNDB) can't be read, or the code can't be built" >&2; exit 1; done

soak: ## Run the fault scenarios in their long forms, in any order, for SOAKTIME, and count what is lost
	SOAK=1 SOAKTIME=$(SOAKTIME) KAFKA_REQUIRED=1 $(GO) test $(TESTFLAGS) -count=1 -shuffle on -timeout 0 -v ./test/faults

release: ## Build PROGRAMS as VERSION for PLATFORMS, the same bytes each time, with checksums and SBOMs, into out/release/
	@GO="$(GO)" tools/release "$(VERSION)" "$(PLATFORMS)" "$(PROGRAMS)"

clean: ## Remove bin/ and out/
	rm -rf bin out
