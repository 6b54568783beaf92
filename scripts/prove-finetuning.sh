#!/bin/sh
# Proves fine-tuning in an environment of its own: its extra (torch, about 6 GB on disk) is no part of `make test`.
#     sh scripts/prove-finetuning.sh UV
set -eu
environment=.venv-finetune
if ! UV_PROJECT_ENVIRONMENT="$environment" "$1" sync --quiet --locked --all-extras; then
    echo "fine-tuning is not proved here: its extra could not be installed into $environment (see above)" >&2
    exit 0
fi
"$environment/bin/pytest" -m long tests/narrative/test_finetune.py
