// Hot reload: generation A. Both of its programs, its constant and its prog array are of one generation.
// hook: test/event
// program: entry
// run: data=00 ctx=kind:1 -> 0 ctx=level:0xaaaa
// run: data=00 ctx=kind:1 -> 0 ctx=level:0xaaaa
// map calls: 0/4=2/8
#include "event.h"
#define GENERATION 0xaa
#include "swap.h"
