#!/bin/sh
# Compiles the corpus to the committed objects: needs clang 19 (or CLANG=path). `build.sh NAME..` compiles those alone.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
include=../../../plugins/include
[ $# -gt 0 ] || set -- *.bpf.c
for source in "$@"; do
    source=${source%.bpf.c}.bpf.c
    flags="-O2 -g -target bpf -mcpu=v3"
    # A line of the source may ask for other flags: `// flags: ...`.
    asked=$(sed -n 's|^// flags: ||p' "$source")
    [ -z "$asked" ] || flags=$asked
    # -fdebug-prefix-map keeps the builder's folder out of the object: the same bytes everywhere.
    # shellcheck disable=SC2086
    "$clang" $flags -Wall -Wno-unused-function -Wno-unused-variable -I"$include" -fdebug-prefix-map="$PWD=." \
        -c "$source" -o "${source%.bpf.c}.bpf.o"
done
