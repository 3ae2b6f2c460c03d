//! What every program of the corpus comes with: its hook, and the prototypes of its helpers.

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{Effects, Entry, HelperSet, HookDef, Proto, Ret, Rights};

/// The hook of the corpus: memory and its length.
#[must_use]
pub fn raw_hook() -> Arc<HookDef> {
    Arc::new(HookDef {
        name: Cow::Borrowed("raw"),
        sections: Cow::Borrowed(&[]),
        linux_type: 0,
        entry: Entry::Mem { rights: Rights::READ_WRITE },
        verdict: None,
        verdicts: Cow::Borrowed(&[]),
        helpers: HelperSet::All,
        packet_loads: false,
        btf: Arc::from([]),
    })
}

/// A helper of which the compiler needs number and effects alone.
#[must_use]
pub fn proto(id: u32, effects: Effects) -> Arc<Proto> {
    Arc::new(Proto {
        id,
        name: Cow::Owned(format!("helper{id}")),
        args: Cow::Borrowed(&[]),
        ret: Ret::ANY,
        c_ret: Cow::Borrowed("u64"),
        effects,
        doc: Cow::Borrowed(""),
    })
}
