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
# How long make soak begins further scenarios.
SOAKTIME ?= 30m
# How many seeds make simulate runs, and the first of them.
SEEDS ?= 200
SEED_FROM ?= 1
# The only seed that make simulate runs, printing what happens.
SEED ?= 0
# More flags for go test, for example -race.
TESTFLAGS ?=

MODULES := . cmd/conduit bench

.DEFAULT_GOAL := help
.PHONY: help run build test test-unit test-versions bench simulate generate lint fmt fuzz soak clean

help: ## List the targets (the default)
	@echo "make TARGET, where TARGET is one of"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS='	' read -r name text; do printf '  %-13s %s\n' "$$name" "$$text"; done
	@echo "Settings: RECORDS=$(RECORDS) PIPELINES=file KAFKA_SERVERS=host:9092 (make run), FUZZTIME=$(FUZZTIME) (make fuzz), SOAKTIME=$(SOAKTIME) (make soak), SEEDS=$(SEEDS) SEED_FROM=$(SEED_FROM) SEED=n (make simulate), BENCH=flags (make bench), VERSIONS=versions of Kafka (make test-versions)"

run: build ## Move RECORDS records through Conduit and Kafka and back, or run PIPELINES; embedded Kafka unless KAFKA_SERVERS is set
	@bin/roundtrip -conduit bin/conduit -out out -records "$(RECORDS)" -pipelines "$(PIPELINES)"

build: ## Build Conduit with the connector, the standalone plugin and the program behind make run, into bin/
	@test -x bin/conduit || echo "Building Conduit; the first time this takes some minutes."
	@mkdir -p bin
	@$(GO) build -o bin/connector ./cmd/connector
	@cd cmd/conduit && $(GO) build -o ../../bin/ . ./roundtrip

# The fault scenarios take minutes, on a busy machine more than the ten that go test
# gives a package.
#
# The packages share one Kafka. Where it can't be started each package tries for
# itself: its tests then skip if there is nothing to run Kafka with, and fail if
# there is or if KAFKA_REQUIRED=1.
test: ## Run all tests: units, embedded Kafka, real Kafka (Docker, or Java 17 and Maven), Conduit
	@mkdir -p bin && rm -f bin/.kafka-started
	$(GO) build -o bin/kafka ./test/cmd/kafka
	@if bin/kafka -nodes 1 -- sh -c ': >bin/.kafka-started; exec "$$@"' sh $(GO) test -timeout 30m $(TESTFLAGS) ./...; then :; \
	elif [ -e bin/.kafka-started ] || [ "$${KAFKA_REQUIRED:-}" = 1 ]; then exit 1; \
	else $(GO) test -timeout 30m $(TESTFLAGS) ./...; fi
	cd cmd/conduit && $(GO) test $(TESTFLAGS) ./...
	cd bench && $(GO) test $(TESTFLAGS) ./...
	@[ -e bin/.kafka-started ] || echo "SKIPPED: the tests on real Apache Kafka. They run with Docker, with Java 17 and Maven, or with KAFKA_TEST_SERVERS=host:9092."

# Without a PATH tests find nothing to run Kafka with, and skip what needs it.
test-unit: ## Run the fast tests: units and embedded Kafka
	$(GO) test $(TESTFLAGS) -short -exec 'env -u KAFKA_TEST_CLUSTER -u KAFKA_TEST_SERVERS PATH=' ./...
	cd cmd/conduit && $(GO) test $(TESTFLAGS) -short ./...
	cd bench && $(GO) test $(TESTFLAGS) -short ./...

simulate: ## Run SEEDS seeds of the simulation from SEED_FROM on, or SEED alone: a minute of faults each, in simulated time
	@mkdir -p bin
	@$(GO) build -o bin/simulate ./test/cmd/simulate
	@bin/simulate -from $(SEED_FROM) -seeds $(SEEDS) -seed $(SEED)

# In its directory go test prints what the test does, also when it passes.
test-versions: ## Run the connector on real Kafka in each of VERSIONS (Java 17 and Maven), and print a table
	cd test/versions && KAFKA_TEST_VERSIONS="$(VERSIONS)" $(GO) test $(TESTFLAGS) -count=1 -timeout 0 -run TestVersions

bench: ## Measure the connector beside others on a Kafka of its own (25 minutes), and write docs/benchmarks.md
	@mkdir -p bin
	cd bench && $(GO) build -o ../bin/bench .
	@bin/bench $(BENCH)

generate: ## Regenerate connector.yaml, the tables of README.md and the mocks
	$(GO) generate ./...

lint: ## Run go vet and staticcheck, and list files that are not formatted
	@for m in $(MODULES); do echo "lint $$m"; (s=$$($(GO) tool -n staticcheck) && cd $$m && $(GO) vet ./... && $$s ./...) || exit 1; done
	@files=$$(gofmt -l .); [ -z "$$files" ] || { echo "not formatted, run make fmt:"; echo "$$files"; exit 1; }

fmt: ## Format all Go files
	gofmt -w .

fuzz: ## Run each fuzz test for FUZZTIME
	@grep -rl --include='*_test.go' '^func Fuzz' . | while read -r file; do \
		for name in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\).*/\1/p' "$$file"); do \
			echo "$$name"; $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit 1; \
		done; done

soak: ## Run the fault scenarios in their long forms, in any order, for SOAKTIME, and count what is lost
	SOAK=1 SOAKTIME=$(SOAKTIME) KAFKA_REQUIRED=1 $(GO) test $(TESTFLAGS) -count=1 -shuffle on -timeout 0 -v ./test/faults

clean: ## Remove bin/ and out/
	rm -rf bin out
