//! What every program of the corpus comes with: its hook, and the prototypes of its helpers.

use std::borrow::Cow;
use std::sync::Arc;

use stingless_abi::{CtxField, CtxLayout, DataRegion, FieldKind, NativeOp, Partial};
use stingless_abi::{Effects, Entry, HelperSet, HookDef, Proto, Ret, Rights};

/// The hook of the corpus: memory and its length.
#[must_use]
pub fn raw_hook() -> Arc<HookDef> {
    Arc::new(HookDef {
        name: Cow::Borrowed("raw"),
        sections: Cow::Borrowed(&[]),
        linux_type: 0,
        types: Default::default(),
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

/// A native context of the shape that packet hooks have.
#[repr(C)]
#[derive(Debug)]
pub struct Packet {
    /// A number that programs may change.
    pub mark: u32,
    /// A number that they may read.
    pub hash: u32,
    /// The packet's first byte.
    pub data: *const u8,
    /// One past its last byte.
    pub data_end: *const u8,
}

/// The hook of [`Packet`]: the plugin sees `data` and `data_end` (4 bytes each), `mark`, nothing at 12, `hash`.
#[must_use]
pub fn packet_hook() -> Arc<HookDef> {
    let field = |name, off, rights, kind, native, native_off| CtxField {
        name: Cow::Borrowed(name),
        off,
        size: 4,
        rights,
        kind,
        native,
        native_off,
    };
    let (rw, ro) = (Rights::READ_WRITE, Rights::READ);
    let scalar = FieldKind::Scalar { partial: Partial::Any };
    let layout = CtxLayout {
        name: Cow::Borrowed("test_md"),
        size: 20,
        fields: Cow::Owned(vec![
            field("data", 0, ro, FieldKind::DataStart { region: 0 }, NativeOp::Pointer, 8),
            field("data_end", 4, ro, FieldKind::DataEnd { region: 0 }, NativeOp::Pointer, 16),
            field("mark", 8, rw, scalar, NativeOp::Plain, 0),
            field("none", 12, rw, scalar, NativeOp::Zero, 0),
            field("hash", 16, ro, scalar, NativeOp::Plain, 4),
        ]),
        regions: Cow::Owned(vec![DataRegion { rights: ro }]),
    };
    Arc::new(HookDef {
        name: Cow::Borrowed("test"),
        entry: Entry::Ctx(layout),
        packet_loads: true,
        ..(*raw_hook()).clone()
    })
}
