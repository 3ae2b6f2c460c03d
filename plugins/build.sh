#!/bin/sh
# Compiles plugins to committed objects: those of plugins/, of the helpers' types and of the examples, or the ones named. Needs clang 16 or later
# (or CLANG=path).
#   plugins/build.sh [-o DIR] [FILE.bpf.c ...]      paths from the root of the tree
set -eu
cd "$(dirname "$0")/.."
out=
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
[ $# -gt 0 ] || set -- plugins/*.bpf.c helpers/*/types/*.bpf.c examples/*/plugins/*.bpf.c
for source in "$@"; do
    object=${source%.c}.o
    # -fdebug-compilation-dir keeps the builder's folder out of the object: the same bytes everywhere.
    "$clang" -O2 -g -target bpf -mcpu=v3 -Wall -Werror -Iplugins/include -fdebug-compilation-dir=. \
        -c "$source" -o "${out:+$out/}$([ -n "$out" ] && basename "$object" || echo "$object")"
done
