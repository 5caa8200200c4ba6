# Targets that people and CI call. Nothing here needs root, clang or a network
# beyond the Go module proxy.
GO ?= go
export CGO_ENABLED = 0

.PHONY: help build test check cross invariants race fuzz bench generate drift parity bench-compare bench-record record compare-stock kernels clean

build: ## both programs into bin/
	$(GO) build -trimpath -o bin/ ./cmd/...

test: ## the tests; those that need captures of other projects skip without ../shared
	$(GO) test ./...

check: drift ## format, vet and generated files
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo 'run gofmt -w on these'; exit 1; }
	$(GO) vet ./...

cross: ## builds for the other systems that the analyzer runs on
	GOOS=darwin GOARCH=arm64 $(GO) build ./...
	GOOS=windows GOARCH=amd64 $(GO) build ./...
	GOOS=linux GOARCH=arm64 $(GO) build ./...

invariants: ## the tests with borrowed memory overwritten once it is given back
	$(GO) test -tags invariants ./scap/... ./replay/... ./engine/...

race: ## the tests of what runs in parallel, under the race detector (needs a C compiler)
	CGO_ENABLED=1 $(GO) test -race ./scap/... ./recorder/container/... ./cmd/...
	CGO_ENABLED=1 $(GO) test -race -run 'TestWorkers|TestDamaged' ./engine/regress

FUZZTIME ?= 10s
fuzz: ## every fuzz target for FUZZTIME
	@for p in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
			echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
		done; \
	done

bench: ## benchmarks on real captures
	$(GO) test -run '^$$' -bench . -benchmem ./...

generate: ## rebuilds generated files
	$(GO) generate ./...

drift: generate ## fails if generated files differ from what is checked in
	@git diff --exit-code -- '*_gen.go' docs || { echo 'run make generate and commit the result'; exit 1; }

parity: build ## compares alerts with Falco's, against ../shared
	.ci/parity

# BENCH=--twenty adds the capture twenty times, BENCH='--before PROGRAM' another
# build, and FALCO in the environment Falco itself (see internal/bench).
BENCH ?=
bench-compare: build ## whole-process speed in units of gzip, against ../shared
	$(GO) run ./internal/bench $(BENCH) ../shared bin/falcoanalyze

bench-record: build ## as root: what recording costs, loses and writes, against ../shared (BENCH='--before PROGRAM' as above)
	$(GO) run ./internal/bench --record all $(BENCH) ../shared bin/falcorec

compare-stock: ## what the bundled rules and Falco's stock rules in ../shared find in the same captures
	$(GO) run ./internal/stock ../shared testdata docs/stock.md

RECORD ?=
record: build ## as root: records again what the bundled rules are tested on, or the scenarios RECORD
	$(GO) build -trimpath -o bin/ ./testdata/scenarios/helper
	FALCOREC=$(CURDIR)/bin/falcorec HELPER=$(CURDIR)/bin/helper sh testdata/scenarios/record.sh $(RECORD)

kernels: ## the recorder on Debian's kernels KERNELS, packages of linux-image, in qemu
	.ci/kernels $(KERNELS)

clean:
	rm -rf bin

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 14
