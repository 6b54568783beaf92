# Every target sets up what it needs first. `make demo` and `make test` are the two that most people want.

UV := .tools/bin/uv
SYNCED := .venv/.synced
RUN := .venv/bin

.PHONY: demo test test-all lint bench exams docs clean

demo: .venv/.installed
	$(RUN)/rxweave demo -o demo-out

test: $(SYNCED)
	$(RUN)/pytest -rs

test-all: $(SYNCED)
	sh scripts/install-system.sh chromium || true
	$(RUN)/pytest -m long
	sh scripts/prove-finetuning.sh $(UV)

lint: $(SYNCED)
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy
	$(RUN)/rxweave knowledge check

bench: $(SYNCED)
	$(RUN)/python benchmarks/startup.py

# The field's own cases, where the upstream sources lie beside the checkout (or where RXWEAVE_SHARED says).
exams: $(SYNCED)
	$(RUN)/python scripts/exams.py

# Regenerates what docs/ takes from the code: JSON schemas, the concordance, panel and worked tables, and, to be read
# through and not committed, every sentence of the release (docs/build/sentences.html).
docs: $(SYNCED)
	$(RUN)/python scripts/generate_docs.py
	$(RUN)/python scripts/concordance.py
	$(RUN)/python scripts/panel_tables.py
	$(RUN)/python scripts/worked_tables.py
	$(RUN)/python scripts/sentences.py

.tools/bin/uv:
	sh scripts/bootstrap.sh

.venv/.installed: pyproject.toml uv.lock | .tools/bin/uv
	$(UV) sync --quiet --locked --no-dev --inexact
	@touch $@

$(SYNCED): pyproject.toml uv.lock | .tools/bin/uv
	$(UV) sync --quiet --locked --all-extras --no-extra finetune
	@touch $@ .venv/.installed

clean:
	rm -rf .venv .venv-finetune .tools demo-out .pytest_cache .mypy_cache .ruff_cache .hypothesis
