//! Hooks (program types), as data.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ctx::{CtxLayout, Rights};

/// What a program of the hook is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `r1` = pointer to the context.
    Ctx(CtxLayout),
    /// `r1` = memory, `r2` = its length in bytes: length-linked.
    Mem {
        /// Rights on the memory.
        rights: Rights,
    },
}

/// Values that `r0` may have at exit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VerdictRange {
    /// Least value of the low 32 bits, signed, inclusive.
    pub min: i32,
    /// Greatest value of the low 32 bits, signed, inclusive.
    pub max: i32,
}

/// Which helpers a hook's programs may call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelperSet {
    /// All that the linker knows.
    All,
    /// These numbers.
    Only(Arc<BTreeSet<u32>>),
}

impl HelperSet {
    /// Whether a helper is in the set.
    #[must_use]
    pub fn has(&self, id: u32) -> bool {
        match self {
            HelperSet::All => true,
            HelperSet::Only(ids) => ids.contains(&id),
        }
    }
}

/// A hook: one row says all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookDef {
    /// Name, as `--type` takes it: `xdp`, `http/request`.
    pub name: Cow<'static, str>,
    /// Section names that mean this hook: `xdp`, or with a trailing `*` any that starts so (`xdp/*`).
    pub sections: Cow<'static, [Cow<'static, str>]>,
    /// Linux's `enum bpf_prog_type` number, 0 where Linux has no such type.
    pub linux_type: u32,
    /// What programs are called with.
    pub entry: Entry,
    /// The range of `r0`, proved at exit; `None`: any number.
    pub verdict: Option<VerdictRange>,
    /// Names of verdicts, for listings: (value, C name).
    pub verdicts: Cow<'static, [(i32, Cow<'static, str>)]>,
    /// Helpers allowed.
    pub helpers: HelperSet,
    /// `LD_ABS` and `LD_IND` are allowed: data region 0 is the packet.
    pub packet_loads: bool,
    /// Native offset of a 32-bit number in the context: bytes from the packet's start to its network header, for packet
    /// loads at offsets from there. The link layer's header is the packet's start.
    pub network_header: Option<u32>,
    /// The host's BTF that CO-RE relocates against, raw; empty where the hook brings none.
    pub btf: Arc<[u8]>,
    /// More types that CO-RE relocates against, those of what the context leads to (a packet's headers): raw BTF, or an
    /// ELF file with `.BTF`. Asked after all others; empty where the hook brings none.
    pub types: Cow<'static, [u8]>,
}

/// What a packet load at a negative offset counts from (Linux `SKF_NET_OFF`, `SKF_LL_OFF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PacketBase {
    /// The network header.
    Network,
    /// The link layer's header.
    Link,
}

impl PacketBase {
    /// Offsets from here on, up to -1, count from the network header.
    pub const NETWORK: i32 = -0x10_0000;
    /// Offsets from here on, up to those, count from the link layer's header.
    pub const LINK: i32 = -0x20_0000;

    /// What a negative offset counts from, and how many bytes behind it; `None` for offsets that mean nothing.
    #[must_use]
    pub const fn of(offset: i32) -> Option<(PacketBase, u32)> {
        match offset {
            PacketBase::NETWORK..=-1 => Some((PacketBase::Network, (offset - PacketBase::NETWORK) as u32)),
            PacketBase::LINK..PacketBase::NETWORK => Some((PacketBase::Link, (offset - PacketBase::LINK) as u32)),
            _ => None,
        }
    }
}

impl HookDef {
    /// Whether a section of an object asks for this hook.
    #[must_use]
    pub fn matches(&self, section: &str) -> bool {
        self.sections.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => section.starts_with(prefix),
            None => section == pattern,
        })
    }

    /// The context's layout, for hooks that have one.
    #[must_use]
    pub fn ctx(&self) -> Option<&CtxLayout> {
        match &self.entry {
            Entry::Ctx(layout) => Some(layout),
            Entry::Mem { .. } => None,
        }
    }
}
