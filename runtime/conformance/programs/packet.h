/* What programs that change packets need. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "corpus.h"

/* A number that depends on each of these, in order. */
#define MIX(sum, n) ((sum) = (sum) * 31 + (__u32)(n))
