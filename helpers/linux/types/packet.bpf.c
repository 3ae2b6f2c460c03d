// What packets are made of, and what Linux's helpers for packets take, under the names that Linux gives them: plugins that
// are compiled against a kernel's types (`vmlinux.h`) ask for each field by name. All of it is fixed: by standards, or by
// Linux's interface for user space.
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef u16 __be16;
typedef u32 __be32;
typedef u16 __sum16;
typedef u32 __wsum;

/* Ethernet, VLAN, ARP, MPLS. */
struct ethhdr {
	unsigned char h_dest[6], h_source[6];
	__be16 h_proto;
} __attribute__((packed));

struct vlan_hdr {
	__be16 h_vlan_TCI, h_vlan_encapsulated_proto;
};

struct vlan_ethhdr {
	union {
		struct {
			unsigned char h_dest[6], h_source[6];
		};
		struct {
			unsigned char h_dest[6], h_source[6];
		} addrs;
	};
	__be16 h_vlan_proto, h_vlan_TCI, h_vlan_encapsulated_proto;
};

struct arphdr {
	__be16 ar_hrd, ar_pro;
	unsigned char ar_hln, ar_pln;
	__be16 ar_op;
};

struct mpls_label {
	__be32 entry;
};

/* Internet. */
struct in_addr {
	__be32 s_addr;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

struct iphdr {
	u8 ihl : 4, version : 4;
	u8 tos;
	__be16 tot_len, id, frag_off;
	u8 ttl, protocol;
	__sum16 check;
	union {
		struct {
			__be32 saddr, daddr;
		};
		struct {
			__be32 saddr, daddr;
		} addrs;
	};
};

struct ipv6hdr {
	u8 priority : 4, version : 4;
	u8 flow_lbl[3];
	__be16 payload_len;
	u8 nexthdr, hop_limit;
	union {
		struct {
			struct in6_addr saddr, daddr;
		};
		struct {
			struct in6_addr saddr, daddr;
		} addrs;
	};
};

struct ipv6_opt_hdr {
	u8 nexthdr, hdrlen;
};

struct ipv6_rt_hdr {
	u8 nexthdr, hdrlen, type, segments_left;
};

struct frag_hdr {
	u8 nexthdr, reserved;
	__be16 frag_off;
	__be32 identification;
};

struct ip_auth_hdr {
	u8 nexthdr, hdrlen;
	__be16 reserved;
	__be32 spi, seq_no;
	u8 auth_data[];
};

struct ip_esp_hdr {
	__be32 spi, seq_no;
	u8 enc_data[];
};

/* Transport. */
struct tcphdr {
	__be16 source, dest;
	__be32 seq, ack_seq;
	u16 res1 : 4, doff : 4, fin : 1, syn : 1, rst : 1, psh : 1, ack : 1, urg : 1, ece : 1, cwr : 1;
	__be16 window;
	__sum16 check;
	__be16 urg_ptr;
};

struct udphdr {
	__be16 source, dest, len;
	__sum16 check;
};

struct sctphdr {
	__be16 source, dest;
	__be32 vtag;
	u32 checksum;
};

struct icmphdr {
	u8 type, code;
	__sum16 checksum;
	union {
		struct {
			__be16 id, sequence;
		} echo;
		__be32 gateway;
		struct {
			__be16 __unused, mtu;
		} frag;
		u8 reserved[4];
	} un;
};

struct icmp6hdr {
	u8 icmp6_type, icmp6_code;
	__sum16 icmp6_cksum;
	union {
		__be32 un_data32[1];
		__be16 un_data16[2];
		u8 un_data8[4];
		struct {
			__be16 identifier, sequence;
		} u_echo;
	} icmp6_dataun;
};

/* Tunnels. */
struct gre_base_hdr {
	__be16 flags, protocol;
};

struct vxlanhdr {
	__be32 vx_flags, vx_vni;
};

/* Helpers' arguments. */
struct bpf_sock_tuple {
	union {
		struct {
			__be32 saddr, daddr;
			__be16 sport, dport;
		} ipv4;
		struct {
			__be32 saddr[4], daddr[4];
			__be16 sport, dport;
		} ipv6;
	};
};

struct bpf_fib_lookup {
	u8 family, l4_protocol;
	__be16 sport, dport;
	union {
		u16 tot_len, mtu_result;
	} __attribute__((packed, aligned(2)));
	u32 ifindex;
	union {
		u8 tos;
		__be32 flowinfo;
		u32 rt_metric;
	};
	union {
		__be32 ipv4_src;
		u32 ipv6_src[4];
	};
	union {
		__be32 ipv4_dst;
		u32 ipv6_dst[4];
	};
	union {
		struct {
			__be16 h_vlan_proto, h_vlan_TCI;
		};
		u32 tbid;
	};
	union {
		struct {
			u32 mark;
		};
		struct {
			u8 smac[6], dmac[6];
		};
	};
};

struct bpf_tunnel_key {
	u32 tunnel_id;
	union {
		u32 remote_ipv4, remote_ipv6[4];
	};
	u8 tunnel_tos, tunnel_ttl;
	union {
		u16 tunnel_ext;
		__be16 tunnel_flags;
	};
	u32 tunnel_label;
	union {
		u32 local_ipv4, local_ipv6[4];
	};
};

struct bpf_redir_neigh {
	u32 nh_family;
	union {
		__be32 ipv4_nh;
		u32 ipv6_nh[4];
	};
};

struct bpf_sock {
	u32 bound_dev_if, family, type, protocol, mark, priority, src_ip4, src_ip6[4], src_port;
	__be16 dst_port;
	u32 dst_ip4, dst_ip6[4], state;
	s32 rx_queue_mapping;
};

struct bpf_tcp_sock {
	u32 snd_cwnd, srtt_us, rtt_min, snd_ssthresh, rcv_nxt, snd_nxt, snd_una, mss_cache, ecn_flags, rate_delivered;
	u32 rate_interval_us, packets_out, retrans_out, total_retrans, segs_in, data_segs_in, segs_out, data_segs_out;
	u32 lost_out, sacked_out;
	u64 bytes_received, bytes_acked;
	u32 dsack_dups, delivered, delivered_ce, icsk_retransmits;
};

/* Verdicts of xdp. */
enum xdp_action { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

// One variable of each: clang leaves out what nobody uses.
struct ethhdr of_ethhdr;
struct vlan_hdr of_vlan_hdr;
struct vlan_ethhdr of_vlan_ethhdr;
struct arphdr of_arphdr;
struct mpls_label of_mpls_label;
struct in_addr of_in_addr;
struct iphdr of_iphdr;
struct ipv6hdr of_ipv6hdr;
struct ipv6_opt_hdr of_ipv6_opt_hdr;
struct ipv6_rt_hdr of_ipv6_rt_hdr;
struct frag_hdr of_frag_hdr;
struct ip_auth_hdr of_ip_auth_hdr;
struct ip_esp_hdr of_ip_esp_hdr;
struct tcphdr of_tcphdr;
struct udphdr of_udphdr;
struct sctphdr of_sctphdr;
struct icmphdr of_icmphdr;
struct icmp6hdr of_icmp6hdr;
struct gre_base_hdr of_gre_base_hdr;
struct vxlanhdr of_vxlanhdr;
struct bpf_sock_tuple of_bpf_sock_tuple;
struct bpf_fib_lookup of_bpf_fib_lookup;
struct bpf_tunnel_key of_bpf_tunnel_key;
struct bpf_redir_neigh of_bpf_redir_neigh;
struct bpf_sock of_bpf_sock;
struct bpf_tcp_sock of_bpf_tcp_sock;
enum xdp_action of_xdp_action;
__wsum of_wsum;
