#!/bin/sh
# Compiles the programs of this folder: needs clang 19 (or CLANG=path).
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
    "${CLANG:-clang-19}" -O2 -g -target bpf -mcpu=v3 -Wall -Werror -Wno-unused -Wno-uninitialized -I../../../../plugins/include \
        -fdebug-compilation-dir=. -c "$source" -o "${source%.c}.o"
done
