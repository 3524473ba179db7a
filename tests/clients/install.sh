#!/usr/bin/env bash
# Installs other people's OAuth clients and JWT libraries, at the versions written down beside this
# script, into target/clients/ (or the folder given), for the stories of tests/clients.rs and
# tests/other_languages.rs:
#
#     tests/clients/install.sh
#     SCOPEGATE_TEST_CLIENTS=$PWD/target/clients cargo test -p e2e -- clients other_languages
#
# Needs Python 3.10 or newer with venv, and Node 18 or newer with npm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/../../target/clients}

mkdir -p "$into"
[[ -x $into/venv/bin/pip ]] || "${PYTHON:-python3}" -m venv "$into/venv"
"$into/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"

cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$into"
npm ci --prefix "$into" --loglevel=error --no-fund --no-audit --ignore-scripts
