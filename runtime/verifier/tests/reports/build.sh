#!/usr/bin/env bash
# Compiles the programs of this folder. The objects are committed: only who changes a program needs clang 19.
set -eu
cd "$(dirname "$0")"
for source in *.bpf.c; do
    object=${source%.c}.o
    clang-19 -target bpf -mcpu=v3 -g -O2 -Wall -Wno-unused -ffile-prefix-map="$PWD"/= -fdebug-compilation-dir=. \
        -c "$source" -o "$object"
    llvm-strip-19 -g "$object"
done
