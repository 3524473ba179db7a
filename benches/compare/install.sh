#!/usr/bin/env bash
# Installs the peers of the comparison, at the versions that the files in peers/ pin, into target/peers/:
#
#     benches/compare/install.sh             # all of them
#     benches/compare/install.sh fastapi     # this one
#
# Needs Python 3.10 or newer with venv, Node 20 or newer with npm, and cargo.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
into=$here/../../target/peers
(($#)) || set -- $(cd "$here/peers" && ls)

mkdir -p "$into"
into=$(cd "$into" && pwd)
for peer in "$@"; do
    app=$here/peers/$peer
    if [[ -e $app/requirements.txt ]]; then
        [[ -x $into/$peer/bin/pip ]] || "${PYTHON:-python3}" -m venv "$into/$peer"
        "$into/$peer/bin/pip" install --quiet --disable-pip-version-check --no-deps \
            --requirement "$app/requirements.txt"
    elif [[ -e $app/package-lock.json ]]; then
        mkdir -p "$into/$peer"
        cp "$app"/package.json "$app"/package-lock.json "$app"/.npmrc "$app"/*.js "$into/$peer"
        npm ci --prefix "$into/$peer" --loglevel=error --no-fund --no-audit --ignore-scripts
    elif [[ -e $app/Cargo.toml ]]; then
        cargo install --quiet --locked --path "$app" --root "$into/$peer" \
            --target-dir "$into/$peer/build"
    fi
done
