/* Callbacks for exceptions: what they may look like. SPDX-License-Identifier: Apache-2.0 OR MIT */
#include "objects.h"

#define CATCH(name, callback) SEC("xdp") __exception_cb(callback) int name(struct xdp_md *ctx)

enum cookie { NONE, FEW = 3, MANY = 64 };

static __noinline int checked(struct xdp_md *ctx)
{
	__u32 len = ctx->data_end - ctx->data;

	if (len == 64)
		bpf_throw(len);
	return len;
}

int wide(__u64 cookie)
{
	return cookie + 1;
}

CATCH(ok_of_a_wide_number, wide)
{
	return checked(ctx);
}

int plain(int cookie)
{
	return cookie + 2;
}

CATCH(ok_of_an_int, plain)
{
	return checked(ctx);
}

enum cookie of_names(enum cookie cookie)
{
	return cookie == MANY ? FEW : NONE;
}

CATCH(ok_of_an_enum, of_names)
{
	return checked(ctx);
}

long more_than_an_int(long cookie)
{
	return cookie + 3;
}

CATCH(ok_from_long_to_long, more_than_an_int)
{
	return checked(ctx);
}

/* It is proved even where nothing throws. */
CATCH(ok_without_a_throw, plain)
{
	return 7;
}

int two(__u64 cookie, __u64 more)
{
	return cookie;
}

CATCH(bad_unsupported_function__two_arguments, two)
{
	return checked(ctx);
}

int no_argument(void)
{
	return 1;
}

CATCH(bad_unsupported_function__no_argument, no_argument)
{
	return checked(ctx);
}

int of_a_context(struct xdp_md *ctx)
{
	return 1;
}

CATCH(bad_unsupported_function__of_a_context, of_a_context)
{
	return checked(ctx);
}

int of_memory(int *cookie)
{
	return cookie != 0;
}

CATCH(bad_unsupported_function__of_memory, of_memory)
{
	return checked(ctx);
}

void no_result(__u64 cookie)
{
	asm volatile("");
}

CATCH(bad_unsupported_function__no_result, no_result)
{
	return checked(ctx);
}

CATCH(bad_unsupported_function__without_a_throw, two)
{
	return 7;
}

static __attribute__((used)) int not_global(__u64 cookie)
{
	return cookie;
}

CATCH(bad_unsupported_function__not_global, not_global)
{
	return checked(ctx);
}

int throws_again(__u64 cookie)
{
	bpf_throw(cookie);
	return 0;
}

CATCH(bad_unsupported_instruction__throws_again, throws_again)
{
	return checked(ctx);
}

__noinline int called_too(__u64 cookie)
{
	return cookie + 4;
}

CATCH(bad_unsupported_instruction__called_too, called_too)
{
	return checked(ctx) + called_too(1);
}

CATCH(ok_called_by_another, plain)
{
	return checked(ctx) + called_too(1);
}
