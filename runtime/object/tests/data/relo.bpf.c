// Each program asks one question of types; what the host's types answer stands in relo_host.bpf.c.
#include <stingless/bpf.h>

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define relocated __attribute__((preserve_access_index))
enum { OFFSET, SIZE, EXISTS, SIGNED, LSHIFT, RSHIFT };
enum { TYPE_EXISTS, TYPE_SIZE, TYPE_MATCHES };
#define field(expr, what) __builtin_preserve_field_info(expr, what)
#define type(T, what) __builtin_preserve_type_info(*(T *)0, what)
#define value(T, V, what) __builtin_preserve_enum_value(*(typeof(T) *)V, what)
#define P(T) ((T *)0)
#define ask(name, expr) SEC("xdp") long name(void *ctx) { return expr; }

struct inner {
	int a;
	long values[4];
} relocated;

/* Members in another order, other sizes, and in an anonymous struct or out of it. */
struct task {
	int pid;
	char comm[16];
	struct inner in;
	u32 small;
	int negative;
	struct task *parent;
	struct {
		int nested;
	};
	int flat;
	struct inner many[3];
	int gone;
	int other;
	u32 tail[];
} relocated;

ask(pid_offset, field(P(struct task)->pid, OFFSET))
ask(pid_size, field(P(struct task)->pid, SIZE))
ask(pid_exists, field(P(struct task)->pid, EXISTS))
ask(pid_signed, field(P(struct task)->pid, SIGNED))
ask(pid_lshift, field(P(struct task)->pid, LSHIFT))
ask(pid_rshift, field(P(struct task)->pid, RSHIFT))
ask(comm_offset, field(P(struct task)->comm, OFFSET))
ask(comm_size, field(P(struct task)->comm, SIZE))
ask(comm3_offset, field(P(struct task)->comm[3], OFFSET))
ask(values2_offset, field(P(struct task)->in.values[2], OFFSET))
ask(values2_size, field(P(struct task)->in.values[2], SIZE))
ask(small_size, field(P(struct task)->small, SIZE))
ask(small_signed, field(P(struct task)->small, SIGNED))
ask(parent_offset, field(P(struct task)->parent, OFFSET))
ask(nested_offset, field(P(struct task)->nested, OFFSET))
ask(flat_offset, field(P(struct task)->flat, OFFSET))
ask(many_offset, field(P(struct task)->many[2].values[1], OFFSET))
ask(tail_offset, field(P(struct task)->tail[5], OFFSET))
ask(second_offset, field(P(struct task)[1].pid, OFFSET))
ask(gone_exists, field(P(struct task)->gone, EXISTS))
ask(gone_offset, field(P(struct task)->gone, OFFSET))
ask(gone_size, field(P(struct task)->gone, SIZE))
ask(gone_signed, field(P(struct task)->gone, SIGNED))
ask(other_exists, field(P(struct task)->other, EXISTS))
ask(other_offset, field(P(struct task)->other, OFFSET))

/* Loads and stores: the offset, and the size of unsigned numbers, follow the host. */
SEC("xdp") long load_small(struct task *t) { return t->small; }
SEC("xdp") long load_pid(struct task *t) { return t->pid; }
SEC("xdp") long load_negative(struct task *t) { return t->negative; }
SEC("xdp") long load_parent(struct task *t) { return (long)t->parent; }
SEC("xdp") long store_small(struct task *t) { t->small = 7; return 0; }
SEC("xdp") long load_gone(struct task *t) { return t->gone; }
SEC("xdp") long guarded(struct task *t) { return field(t->gone, EXISTS) ? t->gone : -1; }

/* A flavour: what a name means to a newer host. */
struct task___new {
	int renamed;
} relocated;
ask(flavour_offset, field(P(struct task___new)->renamed, OFFSET))

struct bits {
	u32 a : 3;
	u32 b : 7;
	int c : 11;
	u64 d : 40;
} relocated;
ask(b_offset, field(P(struct bits)->b, OFFSET))
ask(b_size, field(P(struct bits)->b, SIZE))
ask(b_lshift, field(P(struct bits)->b, LSHIFT))
ask(b_rshift, field(P(struct bits)->b, RSHIFT))
ask(b_signed, field(P(struct bits)->b, SIGNED))
ask(c_lshift, field(P(struct bits)->c, LSHIFT))
ask(c_rshift, field(P(struct bits)->c, RSHIFT))
ask(c_signed, field(P(struct bits)->c, SIGNED))
ask(d_offset, field(P(struct bits)->d, OFFSET))
ask(d_size, field(P(struct bits)->d, SIZE))
ask(d_lshift, field(P(struct bits)->d, LSHIFT))
ask(d_rshift, field(P(struct bits)->d, RSHIFT))

/* Types. */
struct absent { int x; };
struct other_kind { int x; };
union both { int x; long y; };
struct small_match { int x; };
struct no_match { int x; char *p; };
typedef int number;
typedef int (*callback)(int, void *);
typedef int (*callback_of_two)(int, void *);
ask(task_exists, type(struct task, TYPE_EXISTS))
ask(task_bytes, type(struct task, TYPE_SIZE))
ask(absent_exists, type(struct absent, TYPE_EXISTS))
ask(absent_bytes, type(struct absent, TYPE_SIZE))
ask(absent_id, __builtin_btf_type_id(*P(struct absent), 1))
ask(other_kind_exists, type(struct other_kind, TYPE_EXISTS))
ask(both_exists, type(union both, TYPE_EXISTS))
ask(both_bytes, type(union both, TYPE_SIZE))
ask(number_exists, type(number, TYPE_EXISTS))
ask(number_bytes, type(number, TYPE_SIZE))
ask(callback_exists, type(callback, TYPE_EXISTS))
ask(callback_of_two_exists, type(callback_of_two, TYPE_EXISTS))
ask(small_match_matches, type(struct small_match, TYPE_MATCHES))
ask(no_match_matches, type(struct no_match, TYPE_MATCHES))
ask(no_match_exists, type(struct no_match, TYPE_EXISTS))
ask(callback_matches, type(callback, TYPE_MATCHES))
ask(absent_matches, type(struct absent, TYPE_MATCHES))
ask(task_id, __builtin_btf_type_id(*P(struct task), 1))
ask(task_local_id, __builtin_btf_type_id(*P(struct task), 0))

/* Enumerations. */
enum color { RED = 1, GREEN = 2, BLUE = 3, LOST = 9, DEEP___v1 = 4 };
enum wide { WIDE_A = 1, WIDE_B = 0x100000000ul };
enum below { BELOW = -1, ABOVE = 1 };
enum high { HIGH = 0x80000000u };
ask(green_value, value(enum color, GREEN, 1))
ask(green_exists, value(enum color, GREEN, 0))
ask(lost_exists, value(enum color, LOST, 0))
ask(lost_value, value(enum color, LOST, 1))
ask(deep_value, value(enum color, DEEP___v1, 1))
ask(wide_a_value, value(enum wide, WIDE_A, 1))
ask(wide_b_value, value(enum wide, WIDE_B, 1))
ask(below_value, value(enum below, BELOW, 1))
ask(high_value, value(enum high, HIGH, 1))
ask(color_matches, type(enum color, TYPE_MATCHES))
ask(below_matches, type(enum below, TYPE_MATCHES))

/* Two types of the host have the name. */
struct twice { int same; int differs; int one; } relocated;
ask(same_offset, field(P(struct twice)->same, OFFSET))
ask(differs_offset, field(P(struct twice)->differs, OFFSET))
ask(one_offset, field(P(struct twice)->one, OFFSET))
/* What the first access fits alone, the second is of. */
SEC("xdp") long narrowed(void *ctx)
{
	long one = field(P(struct twice)->one, OFFSET);

	asm volatile("" : "+r"(one));
	return one * 1000 + field(P(struct twice)->differs, OFFSET);
}

/* A forward declaration, and pointers to anything. */
struct opaque;
struct holder { struct opaque *o; void *p; enum color c; float f; } relocated;
ask(o_offset, field(P(struct holder)->o, OFFSET))
ask(p_offset, field(P(struct holder)->p, OFFSET))
ask(c_offset, field(P(struct holder)->c, OFFSET))

char LICENSE[] SEC("license") = "GPL";
