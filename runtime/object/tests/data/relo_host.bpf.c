// The host's types of relo.bpf.c, and what they answer, as clang lays them out: `want_NAME` is the answer to program NAME.
#include <stingless/bpf.h>

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
#define bool _Bool

#define at(T, m) __builtin_offsetof(T, m)
#define size(T, m) sizeof(((T *)0)->m)
#define want(name, value) const volatile long want_##name = (value);
#define keep(T, name) T *keep_##name;

struct inner {
	long before;
	long values[8];
	int a;
};

struct task {
	struct task *parent;
	u64 small;
	long filler[3];
	union {
		struct {
			char x;
			long flat;
		};
		char y[64];
	};
	struct inner many[5];
	char comm[32];
	struct inner in;
	long negative;
	int pid;
	int nested;
	int renamed;
	char *other;
	u32 tail[];
};
keep(struct task, task)

want(pid_offset, at(struct task, pid))
want(pid_size, size(struct task, pid))
want(pid_exists, 1)
want(pid_signed, 1)
want(pid_lshift, 32)
want(pid_rshift, 32)
want(comm_offset, at(struct task, comm))
want(comm_size, size(struct task, comm))
want(comm3_offset, at(struct task, comm[3]))
want(values2_offset, at(struct task, in.values[2]))
want(values2_size, size(struct task, in.values[2]))
want(small_size, size(struct task, small))
want(small_signed, 0)
want(parent_offset, at(struct task, parent))
want(nested_offset, at(struct task, nested))
want(many_offset, at(struct task, many[2].values[1]))
want(tail_offset, at(struct task, tail[5]))
want(second_offset, sizeof(struct task) + at(struct task, pid))
want(gone_exists, 0)
want(other_exists, 0)
want(flavour_offset, at(struct task, renamed))
want(flat_offset, at(struct task, flat))
want(small_load, at(struct task, small))
want(pid_load, at(struct task, pid))
want(parent_load, at(struct task, parent))

struct bits {
	u64 pad;
	int c : 5;
	u32 b : 13;
	u64 x : 20;
	u64 d : 33;
};
keep(struct bits, bits)
/* c starts 64 bits in, b 5 bits further, d in the next eight bytes: declared sizes are 4, 4 and 8. */
want(b_offset, 8)
want(b_size, 4)
want(b_lshift, 64 - (5 + 13))
want(b_rshift, 64 - 13)
want(b_signed, 0)
want(c_lshift, 64 - 5)
want(c_rshift, 64 - 5)
want(c_signed, 1)
want(d_offset, 16)
want(d_size, 8)
want(d_lshift, 64 - 33)
want(d_rshift, 64 - 33)

union other_kind { int x; };
keep(union other_kind, other_kind)
union both { int x; long y[3]; };
keep(union both, both)
typedef int number;
keep(number, number)
typedef int (*callback)(int, void *);
keep(callback, callback)
typedef int (*callback_of_two)(int, void *, int);
keep(callback_of_two, callback_of_two)
struct small_match { long more; int x; };
keep(struct small_match, small_match)
struct no_match { int x; long p; };
keep(struct no_match, no_match)
want(task_exists, 1)
want(task_bytes, sizeof(struct task))
want(absent_exists, 0)
want(absent_bytes, 0)
want(absent_id, 0)
want(other_kind_exists, 0)
want(both_exists, 1)
want(both_bytes, sizeof(union both))
want(number_exists, 1)
want(number_bytes, sizeof(number))
want(callback_exists, 1)
want(callback_of_two_exists, 0)
want(small_match_matches, 1)
want(no_match_matches, 0)
want(no_match_exists, 1)
want(callback_matches, 1)
want(absent_matches, 0)

enum color { BLUE = 1, RED = 20, GREEN = 300, DEEP___v2 = 44 };
keep(enum color, color)
enum wide { WIDE_Z = 0x500000000ul, WIDE_A = 0x200000001ul, WIDE_B = 3 };
keep(enum wide, wide)
enum below { UP = 5, BELOW = -7, ABOVE = 2 };
keep(enum below, below)
enum high { HIGH = 0x90000001u };
keep(enum high, high)
want(green_value, GREEN)
want(green_exists, 1)
want(lost_exists, 0)
want(deep_value, DEEP___v2)
want(wide_a_value, WIDE_A)
want(wide_b_value, WIDE_B)
want(below_value, BELOW)
want(high_value, 0x90000001l)
want(color_matches, 0)
want(below_matches, 1)

struct twice { int same; long differs; };
keep(struct twice, twice)
struct twice___two { int same; int between; int one; int differs; };
keep(struct twice___two, twice_two)
want(same_offset, 0)
want(one_offset, at(struct twice___two, one))
want(narrowed, at(struct twice___two, one) * 1000 + at(struct twice___two, differs))

struct opaque { int x; };
struct holder { long pad; float f; void *p; struct opaque *o; enum color c; };
keep(struct holder, holder)
want(o_offset, at(struct holder, o))
want(p_offset, at(struct holder, p))
want(c_offset, at(struct holder, c))
