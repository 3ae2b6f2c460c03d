//! Objects of a host that programs look into: what each class has where, and how much of it may be loaded at once.

use stingless_isa::Size;

use crate::RefClass;

/// A socket of any state (Linux `PTR_TO_SOCK_COMMON`).
pub const SOCK_COMMON: u32 = u32::MAX - 1;
/// A full socket (Linux `PTR_TO_SOCKET`).
pub const SOCKET: u32 = u32::MAX;
/// What TCP knows of a socket (Linux `PTR_TO_TCP_SOCK`).
pub const TCP_SOCK: u32 = u32::MAX - 2;
/// A socket as the kernel's own types know it (Linux `PTR_TO_BTF_ID`): programs do not look into it.
pub const KERNEL_SOCK: u32 = u32::MAX - 3;

/// Which loads of a part of a field are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// None: the whole field or nothing.
    None,
    /// Those that begin where the field does.
    Start,
    /// Any that is aligned to its own size.
    Any,
}

/// One field: a number that is only read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectField {
    /// Name in the C struct.
    pub name: &'static str,
    /// Byte offset, for programs and in the host's memory.
    pub off: u32,
    /// Bytes.
    pub size: u32,
    /// Loads of a part.
    pub part: Part,
    /// Sockets of every state have it; else full ones alone.
    pub common: bool,
}

/// What a class of objects looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectLayout {
    /// Name of the C struct.
    pub name: &'static str,
    /// In the words of a message.
    pub noun: &'static str,
    /// Bytes of the struct, all of them the host's to show.
    pub size: u32,
    /// Fields in order of their offset; two at one offset are two widths of one.
    pub fields: &'static [ObjectField],
    /// Only what sockets of every state have.
    pub common: bool,
}

impl ObjectLayout {
    /// The layout of a class of host objects; `None` where programs do not look into them.
    #[must_use]
    pub const fn of(class: u32) -> Option<&'static ObjectLayout> {
        match class {
            SOCK_COMMON => Some(&COMMON_LAYOUT),
            SOCKET => Some(&SOCKET_LAYOUT),
            TCP_SOCK => Some(&TCP_LAYOUT),
            _ => None,
        }
    }

    /// The field that a load of `size` bytes at `off` reads, whole or in part; `None` where there is none.
    #[must_use]
    pub fn load(&self, off: i64, size: Size) -> Option<&'static ObjectField> {
        let (off, bytes) = (u32::try_from(off).ok()?, size.bytes());
        self.fields.iter().find(|f| {
            let whole = off == f.off && bytes == f.size;
            let part = match f.part {
                Part::None => false,
                Part::Start => off == f.off && bytes < f.size,
                Part::Any => {
                    off >= f.off && bytes < f.size && off + bytes <= f.off + f.size && off.is_multiple_of(bytes)
                }
            };
            (whole || part) && (f.common || !self.common)
        })
    }
}

impl RefClass {
    /// Whether an object of class `found` will do where one of this class is asked for.
    #[must_use]
    pub fn takes(self, found: RefClass) -> bool {
        let socket = found == RefClass::Host(SOCKET) || found == RefClass::Host(KERNEL_SOCK);
        self == found || self == RefClass::Host(SOCK_COMMON) && socket
    }
}

static COMMON_LAYOUT: ObjectLayout = ObjectLayout {
    name: "bpf_sock",
    noun: "a pointer to a socket of any state",
    size: 80,
    fields: &SOCKET_FIELDS,
    common: true,
};
static SOCKET_LAYOUT: ObjectLayout =
    ObjectLayout { name: "bpf_sock", noun: "a pointer to a socket", size: 80, fields: &SOCKET_FIELDS, common: false };
static TCP_LAYOUT: ObjectLayout = ObjectLayout {
    name: "bpf_tcp_sock",
    noun: "a pointer to a TCP socket",
    size: 112,
    fields: &TCP_FIELDS,
    common: false,
};

const fn field(name: &'static str, off: u32, size: u32, part: Part) -> ObjectField {
    ObjectField { name, off, size, part, common: true }
}

const fn full(name: &'static str, off: u32, part: Part) -> ObjectField {
    ObjectField { name, off, size: 4, part, common: false }
}

static SOCKET_FIELDS: [ObjectField; 21] = [
    field("bound_dev_if", 0, 4, Part::None),
    field("family", 4, 4, Part::Start),
    full("type", 8, Part::Start),
    full("protocol", 12, Part::Start),
    full("mark", 16, Part::None),
    full("priority", 20, Part::None),
    field("src_ip4", 24, 4, Part::Any),
    field("src_ip6[0]", 28, 4, Part::Any),
    field("src_ip6[1]", 32, 4, Part::Any),
    field("src_ip6[2]", 36, 4, Part::Any),
    field("src_ip6[3]", 40, 4, Part::Any),
    field("src_port", 44, 4, Part::Start),
    field("dst_port", 48, 2, Part::Any),
    // With the zeroes behind it: what programs built with older headers load.
    field("dst_port", 48, 4, Part::None),
    field("dst_ip4", 52, 4, Part::Any),
    field("dst_ip6[0]", 56, 4, Part::Any),
    field("dst_ip6[1]", 60, 4, Part::Any),
    field("dst_ip6[2]", 64, 4, Part::Any),
    field("dst_ip6[3]", 68, 4, Part::Any),
    field("state", 72, 4, Part::Start),
    field("rx_queue_mapping", 76, 4, Part::Start),
];

const fn word(name: &'static str, off: u32) -> ObjectField {
    field(name, off, 4, Part::None)
}

static TCP_FIELDS: [ObjectField; 26] = [
    word("snd_cwnd", 0),
    word("srtt_us", 4),
    word("rtt_min", 8),
    word("snd_ssthresh", 12),
    word("rcv_nxt", 16),
    word("snd_nxt", 20),
    word("snd_una", 24),
    word("mss_cache", 28),
    word("ecn_flags", 32),
    word("rate_delivered", 36),
    word("rate_interval_us", 40),
    word("packets_out", 44),
    word("retrans_out", 48),
    word("total_retrans", 52),
    word("segs_in", 56),
    word("data_segs_in", 60),
    word("segs_out", 64),
    word("data_segs_out", 68),
    word("lost_out", 72),
    word("sacked_out", 76),
    field("bytes_received", 80, 8, Part::None),
    field("bytes_acked", 88, 8, Part::None),
    word("dsack_dups", 96),
    word("delivered", 100),
    word("delivered_ce", 104),
    word("icsk_retransmits", 108),
];
