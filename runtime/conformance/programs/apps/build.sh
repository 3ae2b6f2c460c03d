#!/bin/sh
# Compiles the programs of this folder at the levels that each source names: `// levels: O2.v3 O1.v1`. `build.sh NAME..`
# compiles those alone. Debug information beyond BTF is dropped: the objects stay small.
set -eu
cd "$(dirname "$0")"
clang=${CLANG:-clang-19}
strip=${LLVM_STRIP:-llvm-strip-19}
[ $# -gt 0 ] || set -- *.bpf.c
for source in "$@"; do
    name=${source%.bpf.c}
    levels=$(sed -n 's|^// levels: ||p' "$name.bpf.c")
    for level in ${levels:-O2.v3}; do
        object=$name.$level.bpf.o
        "$clang" "-${level%.*}" -g -target bpf "-mcpu=${level#*.}" -Wall -Werror -Wno-unused -I../../../../plugins/include \
            -fdebug-compilation-dir=. -c "$name.bpf.c" -o "$object"
        "$strip" -g "$object"
    done
done
