#!/usr/bin/env bash
# Rebuilds the committed objects from their sources.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
    "${CLANG:-clang-19}" -O2 -g -target bpf -mcpu=v3 -fdebug-prefix-map="$PWD"=. -I ../../../plugins/include -c "$source" -o "${source%.c}.o"
done
