#!/bin/sh
# Compiles the C sources of this folder to the committed objects: needs clang 19 (or CLANG=path).
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
include=../../../../plugins/include
for source in *.bpf.c; do
    name=${source%.bpf.c}
    flags="-O2 -g -target bpf -mcpu=v3"
    # The first line of a source may ask for other flags: `// flags: ...`.
    asked=$(sed -n '1s|^// flags: ||p' "$source")
    [ -z "$asked" ] || flags=$asked
    # -fdebug-prefix-map keeps the builder's folder out of the object: the same bytes everywhere.
    # shellcheck disable=SC2086
    "$clang" $flags -Wall -Wno-unused-function -I"$include" -fdebug-prefix-map="$PWD=." -c "$source" -o "$name.o"
done
