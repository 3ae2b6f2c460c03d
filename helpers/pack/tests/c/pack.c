/* SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "stingless_helper.h"

BPF_CALL_2(add_checked, uint64_t, a, uint64_t, b)
{
	if (a + b < a)
		return stingless_trap(call, "the sum is above 64 bits");
	return a + b;
}

BPF_CALL_2(sum_bytes, const uint8_t *, data, uint64_t, len)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < len; i++)
		sum += data[i];
	return sum;
}

BPF_CALL_0(seven)
{
	return 7;
}

static const struct stingless_arg add_args[] = { STINGLESS_SCALAR(uint64_t, a), STINGLESS_SCALAR(uint64_t, b) };
static const struct stingless_arg sum_args[] = { STINGLESS_MEM(data), STINGLESS_LEN(len) };

static const struct stingless_helper helpers[] = {
	STINGLESS_HELPER(4000, add_checked, add_args, "Adds, and traps on overflow."),
	STINGLESS_HELPER(4001, sum_bytes, sum_args, "Adds bytes up."),
	STINGLESS_HELPER_0(4002, seven, "Seven."),
};
STINGLESS_PACK(helpers)
