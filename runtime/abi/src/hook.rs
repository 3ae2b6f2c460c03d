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
    /// The host's BTF that CO-RE relocates against, raw; empty where the hook brings none.
    pub btf: Arc<[u8]>,
    /// More types that CO-RE relocates against, those of what the context leads to (a packet's headers): raw BTF, or an
    /// ELF file with `.BTF`. Asked after all others; empty where the hook brings none.
    pub types: Cow<'static, [u8]>,
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
