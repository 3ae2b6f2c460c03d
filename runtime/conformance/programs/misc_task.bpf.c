// The host's thread: ids that fit together, a name that ends, clocks that go on.
// hook: xdp
// run: data=inc16 -> 0
#include "packet.h"

SEC("xdp") int task(struct xdp_md *ctx)
{
	char name[16];
	struct bpf_pidns_info ids;
	__u64 pid = bpf_get_current_pid_tgid(), jiffies = bpf_jiffies64();

	if (!(__u32)pid || !(pid >> 32))
		return 1;
	if (bpf_get_current_comm(name, sizeof(name)) || !name[0] || name[15])
		return 2;
	if (bpf_get_ns_current_pid_tgid(0, 0, &ids, sizeof(ids)) != -22 || ids.pid || ids.tgid)
		return 3;
	if (bpf_ktime_get_tai_ns() < 1000000000000000000ull)
		return 4;
	if (bpf_ktime_get_coarse_ns() > bpf_ktime_get_ns())
		return 5;
	if (bpf_jiffies64() < jiffies || bpf_get_numa_node_id() < 0)
		return 6;
	bpf_get_current_uid_gid();
	return 0;
}
