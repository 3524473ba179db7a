#!/usr/bin/env bash
# Installs other people's OAuth clients and JWT libraries, and schemathesis, at the versions written down
# beside this script, into target/clients/ (or the folder given), for the stories of tests/clients.rs,
# tests/other_languages.rs and tests/schemathesis.rs:
#
#     tests/clients/install.sh
#     SCOPEGATE_TEST_CLIENTS=$PWD/target/clients cargo test -p e2e -- clients other_languages schemathesis
#
# Needs Python 3.10 or newer with venv, and Node 18 or newer with npm.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
into=${1:-$here/../../target/clients}

mkdir -p "$into"
# install VENV FILE: the packages of the file, in an environment of their own.
install() {
    [[ -x $into/$1/bin/pip ]] || "${PYTHON:-python3}" -m venv "$into/$1"
    "$into/$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/$2"
}
install venv requirements.txt
install schemathesis schemathesis.txt

cp "$here"/package.json "$here"/package-lock.json "$here"/.npmrc "$into"
npm ci --prefix "$into" --loglevel=error --no-fund --no-audit --ignore-scripts
