#!/bin/sh
# Puts uv into .tools, from nothing but Python 3.11 or newer. Says what is missing where it cannot install it.
set -eu

python=""
for name in python3 python3.14 python3.13 python3.12 python3.11; do
    if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$name
        break
    fi
done
if [ -z "$python" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        sh "$(dirname "$0")/install-system.sh" python3 python3-venv
        python=python3
    else
        echo "rxweave needs Python 3.11 or newer: install it (Debian: apt-get install python3 python3-venv) and run make again." >&2
        exit 1
    fi
fi

if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        sh "$(dirname "$0")/install-system.sh" python3-venv
    else
        echo "rxweave needs Python's venv module: ask an administrator for 'apt-get install python3-venv' and run make again." >&2
        exit 1
    fi
fi

rm -rf .tools
"$python" -m venv .tools
.tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
