# `make help` lists what there is. `make demo` needs Go alone; `make test`
# installs what the tests need (Debian, root or sudo) and runs them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

GO ?= go
TOOLS := $(CURDIR)/.cache/bin
STATICCHECK := $(TOOLS)/staticcheck-v0.8.2
GOVULNCHECK := $(TOOLS)/govulncheck-v1.8.0

# The packages with tests that start a real Bazel, or that take long.
E2E_PACKAGES = $(shell scripts/tagged-packages e2e)
SLOW_PACKAGES = $(shell scripts/tagged-packages slow)
# Linters see the files under every tag.
TAGS := e2e slow editors bench fleet

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## the report on the recorded example; needs Go alone
	$(GO) run ./cmd/starlark-memls demo

.PHONY: build
build: ## build bin/starlark-memls
	$(GO) build -trimpath -o bin/starlark-memls ./cmd/starlark-memls

.PHONY: dist
dist: ## what a release consists of, in dist/: archives, packages, extensions, SBOM, checksums
	scripts/dist

.PHONY: rename
rename: ## give the module another path: make rename MODULE=host/path
	scripts/rename "$(MODULE)"

.PHONY: deps
deps: ## install what the tests need, where it is missing
	scripts/deps

.PHONY: test
test: deps test-unit test-fleet test-e2e test-editors ## install what is needed, run all tests: unit, SQL, a real Bazel, real editors

.PHONY: test-fast
test-fast: ## what can be tested in under a minute, for between two edits
	$(GO) test -short ./...

# The timeout is there to end a test that hangs, not one on a busy machine.
.PHONY: test-unit
test-unit: ## the tests that need no Bazel (but Go, a JDK and python3)
	scripts/deps python pip
	scripts/jvms
	$(GO) test -timeout 2h ./...

.PHONY: test-fleet
test-fleet: ## every query of docs/fleet.md in DuckDB
	scripts/fleet duckdb sqlglot
	$(GO) test -tags fleet -run '^Test(Queries|Change|Dialects)$$' -timeout 30m ./internal/fleet

# One package after the other: each Bazel takes all cores and much memory.
.PHONY: test-e2e
test-e2e: ## the tests that run a real Bazel out of memory
	$(GO) test -tags e2e -timeout 30m -p 1 -parallel 2 $(E2E_PACKAGES)

# Each editor for real, after a real crash. PICTURES=docs/images renews the
# pictures of VS Code.
EDITORS = $(GO) test -tags editors -count=1 -timeout 40m ./editors/test

.PHONY: test-editors
test-editors: deps ## every editor that is tested for real
	scripts/editors
	$(EDITORS)

.PHONY: test-vscode
test-vscode: deps ## the extension in a real VS Code under a real browser
	scripts/editors vscode
	$(EDITORS) -run '^TestVSCode'

.PHONY: test-nvim
test-nvim: deps ## the plugin in Neovim 0.7.2 and 0.10.4
	scripts/editors nvim
	$(EDITORS) -run '^TestNeovim'

.PHONY: test-emacs
test-emacs: deps ## eglot
	scripts/editors emacs
	$(EDITORS) -run '^TestEmacs$$'

.PHONY: test-protocol
test-protocol: deps ## Microsoft's client library, and each message against its schema
	scripts/editors protocol
	$(EDITORS) -run '^TestProtocol$$'

.PHONY: test-slow
test-slow: deps test-race test-fuzz foretell-record ## what takes long: races, long fuzzing, many crashes, whole sweeps
	scripts/deps debootstrap
	@packages="$(SLOW_PACKAGES)"; \
	if [[ -z $$packages ]]; then echo "no slow tests"; exit 0; fi; \
	$(GO) test -tags 'e2e slow' -timeout 6h -p 1 -v $$packages
	scripts/fleet duckdb spark
	$(GO) test -tags 'fleet slow' -run '^TestSpark$$' -timeout 1h -v ./internal/fleet

.PHONY: test-race
test-race: ## the fast subset of all tests under the race detector
	$(GO) test -race -short -timeout 4h ./...

# FUZZ_MINUTES is for all fuzzers together.
FUZZ_MINUTES ?= 30

.PHONY: test-fuzz
test-fuzz: ## fuzz every reader, FUZZ_MINUTES (30) in all
	GO=$(GO) scripts/fuzz $(FUZZ_MINUTES)

.PHONY: bench
bench: ## every benchmark, each beside its baseline
	$(GO) test -run '^$$' -bench . -benchmem -timeout 60m -p 1 ./...

.PHONY: bench-editor
bench-editor: deps ## the time from key to paint in VS Code, with and without the extension
	scripts/editors vscode
	$(GO) test -tags 'editors bench' -count=1 -timeout 40m -v -run '^TestTyping$$' ./editors/test

.PHONY: accuracy
accuracy: ## score attribution on the recorded corpus: docs/accuracy.md
	$(GO) test ./internal/accuracy -run TestPage -update

# Hours, and a Bazel 4.2.3; goes on where it was broken off.
.PHONY: accuracy-record
accuracy-record: ## record more of the corpus with a real Bazel
	$(GO) run ./internal/accuracy/record --out internal/accuracy/corpus --dumps /srv/build/accuracy/dumps

# Hours the first time, and a Bazel 4.2.3; goes on where it was broken off, and
# builds nothing twice.
.PHONY: foretell-record
foretell-record: ## record more builds for docs/before-the-crash.md with a real Bazel
	$(GO) run ./internal/foretell/record
	$(GO) run ./internal/foretell/allocations
	$(GO) test ./internal/foretell -run TestPage -update

.PHONY: lint
lint: $(STATICCHECK) $(GOVULNCHECK) ## gofmt, vet (for three systems), staticcheck, govulncheck
	@unformatted=$$(find . -name '*.go' -not -path './.cache/*' -not -path '*/node_modules/*' -print0 | xargs -0r gofmt -l); \
	if [[ -n $$unformatted ]]; then echo "not gofmt'd:" $$unformatted >&2; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags '$(TAGS)' ./...
	GOOS=darwin $(GO) vet ./...
	GOOS=windows $(GO) vet ./...
	$(STATICCHECK) -tags '$(TAGS)' ./...
	scripts/vulncheck $(GOVULNCHECK)

$(TOOLS)/staticcheck-%:
	GOBIN=$(TOOLS) $(GO) install honnef.co/go/tools/cmd/staticcheck@$*
	mv $(TOOLS)/staticcheck $@

$(TOOLS)/govulncheck-%:
	GOBIN=$(TOOLS) $(GO) install golang.org/x/vuln/cmd/govulncheck@$*
	mv $(TOOLS)/govulncheck $@

# NVIM is a Neovim from 0.10 on; without it its pictures stay as they are.
NVIM ?=

.PHONY: screens
screens: ## pictures of terminals before and after: docs/screens.md; needs tmux
	$(GO) run ./internal/screens --nvim "$(NVIM)"

.PHONY: generate
generate: ## regenerate what is generated
	$(GO) generate ./...

.PHONY: clean
clean: ## remove what was built and the fetched tools
	rm -rf bin dist .cache
