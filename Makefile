# Every target is a script under tools/; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help demo lab test test-fast test-slow test-lab lint format unit integration sanity molecule bench clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

demo: ## an incident on a real PostgreSQL, from fault to report; no root, no Docker
	@tools/demo

lab: ## Docker, Compose, systemd and Kubernetes, all real; PART=compose for one of them
	@tools/lab up $(PART)

test: ## checks and tests on both supported ansible-core versions, within the hour; says what it leaves out
	@tools/test

test-fast: ## lint, unit and the quick integration tests: the inner loop
	@tools/test-fast

test-slow: ## many faults and accidents on real servers: an hour on two cores
	@tools/integration -m "slow and not lab" $(ARGS)

test-lab: ## brings the lab up, and runs what needs it
	@tools/test-lab $(ARGS)

lint: ## read the code without running it
	@tools/lint

format: ## let ruff put the Python files into shape
	@tools/lint --fix

unit: ## unit tests; ARGS='-k journal' goes to pytest
	@tools/unit $(ARGS)

integration: ## the runbooks against a real PostgreSQL; ARGS goes to pytest
	@tools/integration $(ARGS)

sanity: ## ansible-test sanity
	@tools/sanity

molecule: ## every scenario under molecule/, or SCENARIO=db_connection_exhausted
	@tools/molecule $(SCENARIO)

bench: ## how fast, against the same work typed by hand
	@bench/run

clean: ## remove the environments, caches and the demo of this checkout
	@tools/clean
