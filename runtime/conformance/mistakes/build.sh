#!/bin/sh
# Compiles the mistakes to the committed objects, each twice: needs clang 19 (or CLANG=path).
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
for source in *.bpf.c; do
    name=${source%.bpf.c}
    # Warnings are what the authors would have had; here they are known.
    flags="-g -target bpf -w -I../../../plugins/include -fdebug-prefix-map=$PWD=."
    # shellcheck disable=SC2086
    "$clang" -O2 -mcpu=v3 $flags -c "$source" -o "$name.O2.o"
    # shellcheck disable=SC2086
    "$clang" -O1 -mcpu=v4 $flags -c "$source" -o "$name.O1.o"
    llvm-strip-19 -g "$name.O2.o" "$name.O1.o"
done
