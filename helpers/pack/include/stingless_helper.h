/* SPDX-License-Identifier: Apache-2.0 OR MIT
 *
 * Helper packs in C: a shared library whose functions plugins may call.
 *
 *     #include "stingless_helper.h"
 *
 *     BPF_CALL_2(add_checked, uint64_t, a, uint64_t, b)
 *     {
 *         if (a + b < a)
 *             return stingless_trap(call, "overflow");
 *         return a + b;
 *     }
 *
 *     static const struct stingless_arg add_args[] = { STINGLESS_SCALAR(uint64_t, a), STINGLESS_SCALAR(uint64_t, b) };
 *     static const struct stingless_helper helpers[] = {
 *         STINGLESS_HELPER(4000, add_checked, add_args, "Adds, and traps on overflow."),
 *     };
 *     STINGLESS_PACK(helpers)
 *
 * BPF_CALL_n counts argument registers, as Linux's macros do: memory takes two, pointer and length. The verifier proves
 * each argument against the table before a plugin runs; the function need not check pointers. Memory may change under
 * its hands while it runs (maps are shared): read each byte once.
 */
#ifndef STINGLESS_HELPER_H
#define STINGLESS_HELPER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define STINGLESS_PACK_VERSION 1

/* The call in progress; opaque. */
struct stingless_call;

typedef uint64_t (*stingless_entry_t)(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, struct stingless_call *);

/* What an argument register must be. */
enum stingless_arg_kind {
	STINGLESS_ARG_SCALAR = 0,   /* a number */
	STINGLESS_ARG_MEM = 1,      /* memory to read; the next argument is its length */
	STINGLESS_ARG_MEM_MUT = 2,  /* memory to read and write; the next argument is its length */
	STINGLESS_ARG_MEM_OUT = 3,  /* memory to fill entirely; the next argument is its length */
	STINGLESS_ARG_LEN = 4,      /* length of the memory before it, may be 0 */
	STINGLESS_ARG_LEN_NONZERO = 5,
	STINGLESS_ARG_OUT = 6,      /* memory of `size` bytes to fill */
};

struct stingless_arg {
	const char *name;
	const char *c_type;
	uint32_t kind;
	uint32_t size;
};

struct stingless_helper {
	uint32_t id;
	uint32_t arg_count;
	const char *name;
	const char *doc;
	const char *c_ret;
	int64_t ret_min; /* least and greatest result, signed: the verifier relies on them */
	int64_t ret_max;
	const struct stingless_arg *args;
	stingless_entry_t entry;
};

struct stingless_host {
	uint32_t version;
	uint64_t (*trap)(struct stingless_call *call, const char *reason); /* does not return */
};

struct stingless_pack {
	uint32_t version;
	uint32_t count;
	const struct stingless_helper *helpers;
};

/* Exported by every pack; STINGLESS_PACK defines it. */
const struct stingless_pack *stingless_helper_pack(const struct stingless_host *host);

static const struct stingless_host *stingless_host;

/* Ends the plugin's run; the host gets the reason. Nothing behind it runs: release what you hold first. */
static inline uint64_t stingless_trap(struct stingless_call *call, const char *reason)
{
	return stingless_host->trap(call, reason);
}

#define STINGLESS_SCALAR(type, arg) { #arg, #type, STINGLESS_ARG_SCALAR, 0 }
#define STINGLESS_MEM(arg) { #arg, "const void *", STINGLESS_ARG_MEM, 0 }
#define STINGLESS_MEM_MUT(arg) { #arg, "void *", STINGLESS_ARG_MEM_MUT, 0 }
#define STINGLESS_MEM_OUT(arg) { #arg, "void *", STINGLESS_ARG_MEM_OUT, 0 }
#define STINGLESS_LEN(arg) { #arg, "__u64", STINGLESS_ARG_LEN, 0 }
#define STINGLESS_OUT(type, arg) { #arg, #type " *", STINGLESS_ARG_OUT, sizeof(type) }

#define STINGLESS_HELPER(id, fn, args, doc) \
	{ id, sizeof(args) / sizeof((args)[0]), #fn, doc, "__u64", INT64_MIN, INT64_MAX, args, fn }
#define STINGLESS_HELPER_0(id, fn, doc) { id, 0, #fn, doc, "__u64", INT64_MIN, INT64_MAX, NULL, fn }

#define STINGLESS_PACK(table) \
	const struct stingless_pack *stingless_helper_pack(const struct stingless_host *host) \
	{ \
		static const struct stingless_pack pack = { \
			STINGLESS_PACK_VERSION, sizeof(table) / sizeof((table)[0]), table \
		}; \
		stingless_host = host; \
		return &pack; \
	}

/* The body sees its arguments and `call`. Pointers come as uint64_t would: the cast is here. */
#define STINGLESS_UNUSED __attribute__((unused))
#define STINGLESS_ENTRY(name) \
	static uint64_t name(STINGLESS_UNUSED uint64_t r1, STINGLESS_UNUSED uint64_t r2, STINGLESS_UNUSED uint64_t r3, \
			     STINGLESS_UNUSED uint64_t r4, STINGLESS_UNUSED uint64_t r5, struct stingless_call *call)
#define BPF_CALL_0(name) \
	static inline uint64_t name##_body(struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body(call); } \
	static inline uint64_t name##_body(STINGLESS_UNUSED struct stingless_call *call)
#define BPF_CALL_1(name, t1, a1) \
	static inline uint64_t name##_body(t1 a1, struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body((t1)r1, call); } \
	static inline uint64_t name##_body(t1 a1, STINGLESS_UNUSED struct stingless_call *call)
#define BPF_CALL_2(name, t1, a1, t2, a2) \
	static inline uint64_t name##_body(t1 a1, t2 a2, struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body((t1)r1, (t2)r2, call); } \
	static inline uint64_t name##_body(t1 a1, t2 a2, STINGLESS_UNUSED struct stingless_call *call)
#define BPF_CALL_3(name, t1, a1, t2, a2, t3, a3) \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body((t1)r1, (t2)r2, (t3)r3, call); } \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, STINGLESS_UNUSED struct stingless_call *call)
#define BPF_CALL_4(name, t1, a1, t2, a2, t3, a3, t4, a4) \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, t4 a4, struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body((t1)r1, (t2)r2, (t3)r3, (t4)r4, call); } \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, t4 a4, STINGLESS_UNUSED struct stingless_call *call)
#define BPF_CALL_5(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5) \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, struct stingless_call *call); \
	STINGLESS_ENTRY(name) { return name##_body((t1)r1, (t2)r2, (t3)r3, (t4)r4, (t5)r5, call); } \
	static inline uint64_t name##_body(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5, STINGLESS_UNUSED struct stingless_call *call)

#ifdef __cplusplus
}
#endif
#endif
