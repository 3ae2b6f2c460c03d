#!/bin/sh
# Compiles the programs of this folder as people do: -O1 and -O2, for several generations of the instruction set.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
one() {
    "$clang" -O"$2" -g -target bpf -mcpu="$3" -Wall -Werror -Wno-unused -I../../../../plugins/include -fdebug-compilation-dir=. \
        -c "$1.bpf.c" -o "$1.O$2.$3.bpf.o"
}
for source in *.bpf.c; do
    name=${source%.bpf.c}
    if [ "$name" = labels ]; then
        one labels 2 v4
        continue
    fi
    one "$name" 1 v1
    one "$name" 1 v4
    one "$name" 2 v2
    one "$name" 2 v3
done
