#!/bin/sh
# Compiles plugins/*.bpf.c, or the ones named, to committed objects: needs clang 16 or later (or CLANG=path).
#   plugins/build.sh [-o DIR] [FILE.bpf.c ...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=$here
if [ "${1:-}" = "-o" ]; then
    out=$2
    shift 2
fi

version() { "$1" --version 2>/dev/null | sed -n 's/.*clang version \([0-9]*\).*/\1/p' | head -n 1; }

find_clang() {
    for c in ${CLANG:-clang clang-22 clang-21 clang-20 clang-19 clang-18 clang-17 clang-16}; do
        v=$(version "$c")
        if [ "${v:-0}" -ge 16 ]; then
            echo "$c"
            return
        fi
    done
    return 1
}

clang=$(find_clang) || {
    echo "no clang >= 16 here: the committed objects are used" >&2
    exit 3
}
[ $# -gt 0 ] || set -- "$here"/*.bpf.c
cd "$here"
for source in "$@"; do
    name=$(basename "$source" .bpf.c)
    # -fdebug-prefix-map keeps the builder's folder out of the object: the same bytes everywhere.
    "$clang" -O2 -g -target bpf -mcpu=v3 -Wall -Werror -Iinclude \
        -fdebug-prefix-map="$here=plugins" -c "$name.bpf.c" -o "$out/$name.bpf.o"
done
