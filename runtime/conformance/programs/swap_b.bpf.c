// Hot reload: generation B.
// hook: test/event
// program: entry
// run: data=00 ctx=kind:1 -> 0 ctx=level:0xbbbb
// map calls: 0/4=1/8
#include "event.h"
#define GENERATION 0xbb
#include "swap.h"
