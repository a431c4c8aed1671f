# The words of this project. CI says these same words; `make help` explains them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
CARGO ?= cargo
OUT ?= prescale-demo
TRACES ?= ../shared/data
FOR ?= 3600
LASTS ?= 480

.PHONY: help setup demo test check e2e e2e-nodes e2e-loop bench bench-api bench-fleet bench-dashboard bench-store \
	bench-controller bench-signals bench-realtime \
	bench-forecast bench-forecast-fresh bench-forecast-speed fuzz fuzz-keep crds openapi holidays recordings dashboard \
	dashboard-check

help: ## what each word does
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 22

setup: ## install the system packages that building and testing need (as root; otherwise says the command)
	@scripts/setup build

demo: ## replay a recorded match night through the decision code, beside what people run today
	@scripts/setup build
	$(CARGO) run --release --locked --bin prescale -- demo --out $(OUT)

check: ## the quick loop: format, lints, arrows, fast tests
	$(CARGO) fmt --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	scripts/arrows
	$(CARGO) test --workspace --locked --lib --bins

test: ## everything that CI runs: the quick loop first, then whole commands, a real Prometheus and a real control plane
	@scripts/setup e2e
	@scripts/setup dashboard
	$(MAKE) check
	scripts/dashboard-check
	simulations/testbed/build
	scripts/chart-check
	scripts/dashboard-e2e simulated
	$(CARGO) build --workspace --locked --bins
	scripts/dashboard-e2e testbed
	$(CARGO) test --workspace --exclude prescale-testbed --locked --test '*'
	$(CARGO) test --workspace --locked --doc
	CARGO=$(CARGO) scripts/testbed-tests

e2e: ## only the tests on the real control plane of the testbed, which is built first
	@scripts/setup e2e
	simulations/testbed/build
	$(CARGO) build --locked --bin prescale-controller --bin prescale
	CARGO=$(CARGO) scripts/testbed-tests

e2e-nodes: ## the simulated Karpenter beside the real one at the pace of a cloud: ten minutes
	@scripts/setup e2e
	simulations/testbed/build
	$(CARGO) test -p prescale-testbed --locked --test nodes_fidelity -- --ignored --nocapture

bench: ## figures against their bars, on bundled recordings and, where they are, on ../shared/data
	@scripts/setup build
	$(CARGO) bench --locked --bench figures -p prescale-simulations

bench-api: ## reads of the metrics API over TLS, against their bars
	@scripts/setup build
	$(CARGO) bench --locked --bench api -p prescale-controller

bench-fleet: ## what 10,000 scalers cost that tick each 15 s, against their bars
	@scripts/setup build
	$(CARGO) bench --locked --bench fleet -p prescale-controller

bench-dashboard: ## the dashboard of 10,000 scalers: list, memory, 200 viewers, and in Chromium when it can be used and frames
	@scripts/setup build
	@scripts/setup dashboard
	$(CARGO) bench --locked --bench dashboard -p prescale-controller
	scripts/dashboard-check --write
	cd controller/dashboard && npm run --silent bench

bench-store: ## what the history store of 10,000 scalers takes: CPU, memory, bytes a sample, time to read and to open
	@scripts/setup build
	$(CARGO) bench --locked --bench store -p prescale-controller

bench-controller: ## CPU and memory of the controller's process on the testbed, at 1,000 and 10,000 scalers
	@scripts/setup e2e
	simulations/testbed/build
	$(CARGO) build --profile controller --locked --bin prescale-controller
	$(CARGO) bench --locked --bench controller -p prescale-testbed

bench-signals: ## CPU and memory of polling 2,000 partitions of a real Kafka, against their bars
	@scripts/setup e2e
	simulations/testbed/build
	$(CARGO) bench --locked --bench signals -p prescale-testbed

bench-realtime: ## CPU, memory and latency of the realtime service with 20,000 people, at a spike, and beside its Python twin
	@scripts/setup e2e
	@scripts/setup forecast
	simulations/testbed/build
	$(CARGO) build --release --locked --bin realtime-svc
	$(CARGO) bench --locked --bench realtime -p realtime-e2e

e2e-loop: ## an on-sale of LASTS seconds on real gateways, Kafka, Redis and HPA, reactive and by Prescale
	@scripts/setup e2e
	simulations/testbed/build
	$(CARGO) build --release --locked --bin realtime-svc --bin prescale-controller
	LASTS=$(LASTS) $(CARGO) bench --locked --bench whole_loop -p realtime-e2e

bench-forecast: ## our forecasts beside their peers', on the traces in TRACES=FOLDER; writes docs/FORECASTING.md
	@CARGO=$(CARGO) benchmarks/bench-forecast $(TRACES)

bench-forecast-fresh: ## the same, without what is kept of the peers from the last run
	@CARGO=$(CARGO) benchmarks/bench-forecast $(TRACES) --fresh

bench-forecast-speed: ## time and memory of 50,000 series at once, against their bars, beside a refit of a peer
	$(CARGO) run --release --locked --quiet --manifest-path benchmarks/speed/Cargo.toml --target-dir target/bench-speed

fuzz: ## look for inputs that break a parser, guided by coverage, for FOR=SECONDS each
	@scripts/setup build
	CARGO=$(CARGO) fuzz/run $(FOR)

fuzz-keep: ## add to fuzz/corpus the fewest of what `make fuzz` found that reach what its seeds do not
	CARGO=$(CARGO) fuzz/run keep

holidays: ## make the table of public holidays again, from its Python package
	scripts/holidays

dashboard: ## make the dashboard's page, and its types from openapi.json
	@scripts/setup dashboard
	scripts/dashboard-check --write

dashboard-check: ## the dashboard's page: types, style, unit tests, size, and whether dist is what its sources give
	@scripts/setup dashboard
	scripts/dashboard-check

crds: ## write the CRDs, and the chart's, from the types that people write
	$(CARGO) run --locked --quiet --bin crdgen -- manifests/crd
	scripts/chart-check --write

openapi: ## write the OpenAPI document of the dashboard's API, from the types and routes
	$(CARGO) run --locked --quiet --bin openapigen -- controller/dashboard/openapi.json

recordings: ## make the bundled recordings again from their seeds
	$(CARGO) run --release --locked --quiet --bin prescale -- generate notebooks-data
