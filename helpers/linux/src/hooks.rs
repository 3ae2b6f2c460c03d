//! Linux's networking hooks with their virtual layouts, return values and packet rights.

use stingless::{Ctx, Packet, SocketField, SocketInfo, verdict};

use crate::skb::protocol_of;

/// Bytes of an Ethernet header.
const ETHERNET: u32 = 14;

verdict! {
    /// What to do with a frame (`enum xdp_action`).
    pub enum XdpAction {
        /// The program failed.
        Aborted = 0,
        /// Drop it.
        Drop = 1,
        /// Hand it on.
        Pass = 2,
        /// Send it back where it came from.
        Tx = 3,
        /// Send it elsewhere.
        Redirect = 4,
    }
}

/// The context of `xdp`: `struct xdp_md`.
#[repr(C)]
#[derive(Debug, Ctx)]
#[ctx(hook = "xdp", sections = ["xdp", "xdp/*", "xdp.frags", "xdp.frags/*", "xdp_*"], c_name = "xdp_md", linux_type = 6,
      verdict = u32, helpers = [crate::XDP], types = crate::PACKET_TYPES)]
pub struct Xdp<'a> {
    /// The frame; head- and tailroom are what the buffer has beyond it.
    #[ctx(data, width = 4, at = 0, end_at = 4, meta_at = 8)]
    pub data: Packet<'a>,
    /// Interface the frame came in by.
    #[ctx(read, at = 12)]
    pub ingress_ifindex: u32,
    /// Its receive queue.
    #[ctx(read, at = 16)]
    pub rx_queue_index: u32,
    /// Interface it leaves by (`BPF_XDP_DEVMAP` programs).
    #[ctx(read, at = 20)]
    pub egress_ifindex: u32,
    /// For helpers alone: what the device said of the frame; `None`: it says nothing of any.
    pub metadata: Option<RxMetadata>,
}

/// What a device says of a frame that it received. `None`: not of this one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RxMetadata {
    /// When it came, ns.
    pub timestamp: Option<u64>,
    /// Its flow's hash, and what that was made of (`enum xdp_rss_hash_type`).
    pub hash: Option<(u32, u32)>,
    /// Protocol (in network byte order) and tag of the VLAN that the device took off.
    pub vlan_tag: Option<(u16, u16)>,
}

impl<'a> Xdp<'a> {
    /// A context of a packet, other fields 0.
    #[must_use]
    pub fn new(data: Packet<'a>) -> Xdp<'a> {
        Xdp { data, ingress_ifindex: 0, rx_queue_index: 0, egress_ifindex: 0, metadata: None }
    }
}

/// A tunnel as its device describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// A `struct bpf_tunnel_key`.
    pub key: [u8; 44],
    /// Whether the addresses in it are IPv6's.
    pub ipv6: bool,
    /// Options, a multiple of 4 bytes.
    pub options: Vec<u8>,
}

verdict! {
    /// What to do with a packet in `tc` (`TC_ACT_*`).
    pub enum TcAction {
        /// Go on with the default action.
        Unspec = -1,
        /// Let it pass.
        Ok = 0,
        /// Classify again.
        Reclassify = 1,
        /// Drop it.
        Shot = 2,
        /// Next filter.
        Pipe = 3,
        /// Taken, not dropped.
        Stolen = 4,
        /// Queued elsewhere.
        Queued = 5,
        /// Repeat the action.
        Repeat = 6,
        /// Send it elsewhere.
        Redirect = 7,
        /// Trapped to the CPU.
        Trap = 8,
    }
}

/// The context of `tc` (`BPF_PROG_TYPE_SCHED_CLS`): `struct __sk_buff`.
#[repr(C)]
#[derive(Debug, Ctx)]
#[ctx(hook = "tc", sections = ["tc", "tc/*", "tcx/*", "classifier", "classifier/*", "action", "action/*"], c_name = "__sk_buff", linux_type = 3,
      verdict = i32, helpers = [crate::TC], packet_loads, types = crate::PACKET_TYPES)]
pub struct SkBuff<'a> {
    /// The packet.
    #[ctx(data, width = 4, at = 76, end_at = 80, meta_at = 140)]
    pub data: Packet<'a>,
    /// Bytes of the packet.
    #[ctx(read, narrow, at = 0)]
    pub len: u32,
    /// `PACKET_HOST` and so on.
    #[ctx(read, narrow, at = 4)]
    pub pkt_type: u32,
    /// Mark of the packet.
    #[ctx(read, write, narrow, at = 8)]
    pub mark: u32,
    /// Transmit queue.
    #[ctx(read, write, narrow, at = 12)]
    pub queue_mapping: u32,
    /// Ethernet protocol, network byte order.
    #[ctx(read, narrow, at = 16)]
    pub protocol: u32,
    /// Whether a VLAN tag is there.
    #[ctx(read, narrow, at = 20)]
    pub vlan_present: u32,
    /// VLAN tag.
    #[ctx(read, narrow, at = 24)]
    pub vlan_tci: u32,
    /// VLAN protocol.
    #[ctx(read, narrow, at = 28)]
    pub vlan_proto: u32,
    /// Priority.
    #[ctx(read, write, narrow, at = 32)]
    pub priority: u32,
    /// Interface it came in by.
    #[ctx(read, narrow, at = 36)]
    pub ingress_ifindex: u32,
    /// Interface it is on.
    #[ctx(read, narrow, at = 40)]
    pub ifindex: u32,
    /// Index of traffic control.
    #[ctx(read, write, narrow, at = 44)]
    pub tc_index: u32,
    /// Room for programs.
    #[ctx(read, write, at = 48)]
    pub cb: [u32; 5],
    /// Flow hash.
    #[ctx(read, narrow, at = 68)]
    pub hash: u32,
    /// Class of traffic control.
    #[ctx(read, write, narrow, at = 72)]
    pub tc_classid: u32,
    /// NAPI instance.
    #[ctx(read, narrow, at = 84)]
    pub napi_id: u32,
    /// Time stamp, ns.
    #[ctx(read, write, at = 152)]
    pub tstamp: u64,
    /// Bytes on the wire.
    #[ctx(read, narrow, at = 160)]
    pub wire_len: u32,
    /// Segments.
    #[ctx(read, narrow, at = 164)]
    pub gso_segs: u32,
    /// The packet's socket.
    #[ctx(object, at = 168)]
    pub sk: SocketField<'a>,
    /// Bytes of a segment.
    #[ctx(read, narrow, at = 176)]
    pub gso_size: u32,
    /// Clock of the time stamp: 0 real time, 1 monotonic, 2 TAI.
    #[ctx(read, narrow, at = 180)]
    pub tstamp_type: u8,
    /// Hardware time stamp, ns.
    #[ctx(read, at = 184)]
    pub hwtstamp: u64,
    /// For helpers alone: bytes from the packet's start to its network header.
    pub network_offset: u32,
    /// For helpers alone: a header that encapsulates the packet was put in front.
    pub encapsulated: bool,
    /// For helpers alone: how many checksums beyond the first the device found right; `None`: not even that.
    pub csum_level: Option<u8>,
    /// For helpers alone: realm of the packet's route.
    pub route_realm: u32,
    /// For helpers alone: the tunnel that the packet came by, or is to leave by.
    pub tunnel: Option<Tunnel>,
    /// For helpers alone: what `bpf_get_socket_cookie` gives, 0 for a packet without a socket.
    pub socket_cookie: u64,
    /// For helpers alone: owner of the packet's socket.
    pub socket_uid: Option<u32>,
    /// For helpers alone: the IPsec states that the packet came through, each a `struct bpf_xfrm_state`.
    pub secpath: Vec<[u8; 28]>,
    /// Set by `bpf_sk_assign`: the socket that is to get the packet.
    pub assigned: Option<Box<SocketInfo>>,
}

impl<'a> SkBuff<'a> {
    /// A context of an Ethernet frame: length and protocol are set, other fields are 0.
    #[must_use]
    pub fn new(data: Packet<'a>) -> SkBuff<'a> {
        let len = data.len() as u32;
        let protocol = protocol_of(data.as_slice());
        SkBuff {
            data,
            len,
            pkt_type: 0,
            mark: 0,
            queue_mapping: 0,
            protocol,
            vlan_present: 0,
            vlan_tci: 0,
            vlan_proto: 0,
            priority: 0,
            ingress_ifindex: 0,
            ifindex: 0,
            tc_index: 0,
            cb: [0; 5],
            hash: 0,
            tc_classid: 0,
            napi_id: 0,
            tstamp: 0,
            wire_len: 0,
            gso_segs: 0,
            sk: SocketField::NONE,
            gso_size: 0,
            tstamp_type: 0,
            hwtstamp: 0,
            network_offset: ETHERNET,
            encapsulated: false,
            csum_level: None,
            route_realm: 0,
            tunnel: None,
            socket_cookie: 0,
            socket_uid: None,
            secpath: Vec::new(),
            assigned: None,
        }
    }
}

/// The context of `socket_filter`: `struct __sk_buff` without direct packet access; `LD_ABS` and `LD_IND` read it.
#[repr(C)]
#[derive(Debug, Ctx)]
#[ctx(hook = "socket_filter", sections = ["socket", "socket/*", "socket_filter", "socket_filter/*"], c_name = "__sk_buff", linux_type = 1,
      verdict = u32, helpers = [crate::SOCKET], packet_loads, types = crate::PACKET_TYPES)]
pub struct SocketFilter<'a> {
    /// The packet.
    #[ctx(data, width = 4, at = 76, end_at = 80, meta_at = 140, hidden)]
    pub data: Packet<'a>,
    /// Bytes of the packet.
    #[ctx(read, narrow, at = 0)]
    pub len: u32,
    /// `PACKET_HOST` and so on.
    #[ctx(read, narrow, at = 4)]
    pub pkt_type: u32,
    /// Mark of the packet.
    #[ctx(read, narrow, at = 8)]
    pub mark: u32,
    /// Transmit queue.
    #[ctx(read, narrow, at = 12)]
    pub queue_mapping: u32,
    /// Ethernet protocol, network byte order.
    #[ctx(read, narrow, at = 16)]
    pub protocol: u32,
    /// Whether a VLAN tag is there.
    #[ctx(read, narrow, at = 20)]
    pub vlan_present: u32,
    /// VLAN tag.
    #[ctx(read, narrow, at = 24)]
    pub vlan_tci: u32,
    /// VLAN protocol.
    #[ctx(read, narrow, at = 28)]
    pub vlan_proto: u32,
    /// Priority.
    #[ctx(read, narrow, at = 32)]
    pub priority: u32,
    /// Interface it came in by.
    #[ctx(read, narrow, at = 36)]
    pub ingress_ifindex: u32,
    /// Interface it is on.
    #[ctx(read, narrow, at = 40)]
    pub ifindex: u32,
    /// Index of traffic control.
    #[ctx(read, narrow, at = 44)]
    pub tc_index: u32,
    /// Room for programs.
    #[ctx(read, write, at = 48)]
    pub cb: [u32; 5],
    /// Flow hash.
    #[ctx(read, narrow, at = 68)]
    pub hash: u32,
    /// NAPI instance.
    #[ctx(read, narrow, at = 84)]
    pub napi_id: u32,
    /// Segments.
    #[ctx(read, narrow, at = 164)]
    pub gso_segs: u32,
    /// The packet's socket.
    #[ctx(object, at = 168)]
    pub sk: SocketField<'a>,
    /// Bytes of a segment.
    #[ctx(read, narrow, at = 176)]
    pub gso_size: u32,
    /// For helpers alone: bytes from the packet's start to its network header.
    pub network_offset: u32,
    /// For helpers alone: what `bpf_get_socket_cookie` gives.
    pub socket_cookie: u64,
    /// For helpers alone: owner of the socket.
    pub socket_uid: Option<u32>,
}

impl<'a> SocketFilter<'a> {
    /// A context of a packet: its length is set, other fields are 0.
    #[must_use]
    pub fn new(data: Packet<'a>) -> SocketFilter<'a> {
        let len = data.len() as u32;
        SocketFilter {
            data,
            len,
            pkt_type: 0,
            mark: 0,
            queue_mapping: 0,
            protocol: 0,
            vlan_present: 0,
            vlan_tci: 0,
            vlan_proto: 0,
            priority: 0,
            ingress_ifindex: 0,
            ifindex: 0,
            tc_index: 0,
            cb: [0; 5],
            hash: 0,
            napi_id: 0,
            gso_segs: 0,
            sk: SocketField::NONE,
            gso_size: 0,
            network_offset: 0,
            socket_cookie: 0,
            socket_uid: None,
        }
    }
}
