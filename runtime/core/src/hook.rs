//! Hooks as hosts write them: a `#[derive(Ctx)]` struct, or the memory of `raw`.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use stingless_abi::{
    CtxField, CtxLayout, DataRegion, Entry, FieldKind, HelperSet, HookDef, NativeOp, Partial, Rights, VerdictRange,
};

use crate::ObjectPointer;
use crate::helper::{HelperRow, HelperSource};
pub use crate::sys::ctx::{Ctx, Raw};
pub use crate::sys::data::{CtxScalar, DataField};

/// A hook's result as a Rust type: the low 32 bits of `r0`, or all 64 where any number goes.
pub trait FromVerdict: Sized + Send + Sync + 'static {
    /// The values that programs may return; `None`: any.
    const RANGE: Option<VerdictRange>;

    /// Names for headers and listings.
    fn names() -> Vec<(i32, &'static str)>;

    /// The verdict of an `r0` in range.
    fn from_r0(r0: u64) -> Option<Self>;
}

macro_rules! plain_verdicts {
    ($($ty:ty),*) => {
        $(impl FromVerdict for $ty {
            const RANGE: Option<VerdictRange> = None;

            fn names() -> Vec<(i32, &'static str)> {
                Vec::new()
            }

            fn from_r0(r0: u64) -> Option<Self> {
                Some(r0 as $ty)
            }
        })*
    };
}

plain_verdicts!(u64, u32, i32, i64);

crate::verdict! {
    /// What most hosts ask of a plugin.
    pub enum Verdict {
        /// Go on.
        Pass = 0,
        /// Refuse.
        Deny = 1,
        /// Refuse for now: too many.
        Limit = 2,
    }
}

/// A hook and the helpers it brings along.
#[derive(Clone, Debug)]
pub struct HookParts {
    /// The hook; its helper set names exactly the rows.
    pub hook: HookDef,
    /// Rows of the helpers.
    pub helpers: Vec<HelperRow>,
}

/// Lays out a context: what `#[derive(Ctx)]` calls, field by field in order.
#[doc(hidden)]
pub struct HookBuilder {
    hook: HookDef,
    layout: CtxLayout,
    fields: Vec<CtxField>,
    regions: Vec<DataRegion>,
    helpers: Vec<HelperRow>,
    limited: bool,
}

impl HookBuilder {
    /// A hook of that name for programs of those sections, whose context is the C struct `c_name`.
    #[must_use]
    pub fn new(name: &'static str, sections: &[&'static str], c_name: &'static str) -> HookBuilder {
        let layout =
            CtxLayout { name: c_name.into(), size: 0, fields: Cow::Owned(vec![]), regions: Cow::Owned(vec![]) };
        let hook = HookDef {
            name: name.into(),
            sections: sections.iter().map(|&s| Cow::Borrowed(s)).collect(),
            linux_type: 0,
            types: Default::default(),
            entry: Entry::Ctx(layout.clone()),
            verdict: None,
            verdicts: Cow::Owned(Vec::new()),
            helpers: HelperSet::All,
            packet_loads: false,
            btf: Arc::from([]),
        };
        HookBuilder { hook, layout, fields: vec![], regions: vec![], helpers: vec![], limited: false }
    }

    /// The verdict's range, and its names with a prefix in C.
    #[must_use]
    pub fn verdict<V: FromVerdict>(mut self, prefix: &str) -> Self {
        self.hook.verdict = V::RANGE;
        self.hook.verdicts =
            V::names().into_iter().map(|(v, n)| (v, Cow::Owned(format!("{prefix}{}", upper_snake(n))))).collect();
        self
    }

    /// Linux's number of the program type.
    #[must_use]
    pub fn linux_type(mut self, number: u32) -> Self {
        self.hook.linux_type = number;
        self
    }

    /// Types of what the context leads to, which CO-RE relocates against after all others: raw BTF, or an ELF file.
    #[must_use]
    pub fn types(mut self, types: &'static [u8]) -> Self {
        self.hook.types = Cow::Borrowed(types);
        self
    }

    /// `LD_ABS` and `LD_IND` read data region 0.
    #[must_use]
    pub fn packet_loads(mut self, allowed: bool) -> Self {
        self.hook.packet_loads = allowed;
        self
    }

    /// A field that is a plain number, or an array of them.
    #[must_use]
    pub fn scalar<T: CtxScalar>(
        mut self,
        name: &'static str,
        native_off: u32,
        at: Option<u32>,
        rights: Rights,
        narrow: bool,
    ) -> Self {
        let off = at.unwrap_or_else(|| self.layout.size.next_multiple_of(T::ALIGN));
        let partial = match (T::IS_ARRAY, narrow) {
            (true, _) => Partial::Any,
            (false, true) => Partial::Loads,
            (false, false) => Partial::Never,
        };
        self.push(CtxField {
            name: name.into(),
            off,
            size: size_of::<T>() as u32,
            rights,
            kind: FieldKind::Scalar { partial },
            native: NativeOp::Plain,
            native_off,
        });
        self
    }

    /// A pointer to an object of the host, or NULL.
    #[must_use]
    pub fn object<T: ObjectPointer>(mut self, name: &'static str, native_off: u32, at: Option<u32>) -> Self {
        let off = at.unwrap_or_else(|| self.layout.size.next_multiple_of(8));
        let (kind, native) = (FieldKind::Object { class: T::CLASS }, NativeOp::Pointer);
        self.push(CtxField { name: name.into(), off, size: 8, rights: Rights::READ, kind, native, native_off });
        self
    }

    /// A data region: start, end and, where the type has it, metadata start.
    #[must_use]
    pub fn data<T: DataField>(
        mut self,
        name: &'static str,
        native_off: u32,
        width: u32,
        at: [Option<u32>; 3],
        hidden: bool,
    ) -> Self {
        let region = self.regions.len() as u8;
        self.regions.push(DataRegion { rights: T::RIGHTS });
        let parts = [
            (name.to_owned(), FieldKind::DataStart { region }, Some(T::START)),
            (format!("{name}_end"), FieldKind::DataEnd { region }, Some(T::END)),
            (format!("{name}_meta"), FieldKind::DataMeta { region }, T::META),
        ];
        for ((name, kind, native), at) in parts.into_iter().zip(at) {
            let Some(native) = native else { continue };
            let off = at.unwrap_or_else(|| self.layout.size.next_multiple_of(width));
            self.push(CtxField {
                name: name.into(),
                off,
                size: width,
                // Hidden ones serve packet loads alone.
                rights: Rights { read: !hidden, write: false },
                kind,
                native: NativeOp::Pointer,
                native_off: native_off + native,
            });
        }
        self
    }

    /// Helpers that programs may call; without any call of this, all that the linker has.
    #[must_use]
    pub fn helpers(mut self, source: &dyn HelperSource) -> Self {
        source.add_rows(&mut self.helpers);
        self.limited = true;
        self
    }

    /// The hook.
    #[must_use]
    pub fn finish(mut self) -> HookParts {
        self.fields.sort_by_key(|f| f.off);
        let align = self.fields.iter().map(|f| f.size.min(8)).filter(|s| s.is_power_of_two()).max().unwrap_or(1);
        self.layout.size = self.layout.size.next_multiple_of(align);
        self.layout.fields = Cow::Owned(self.fields);
        self.layout.regions = Cow::Owned(self.regions);
        self.hook.btf = stingless_abi::header::ctx_btf(&self.layout).into();
        self.hook.entry = Entry::Ctx(self.layout);
        if self.limited {
            let ids: BTreeSet<u32> = self.helpers.iter().map(|r| r.proto.id).collect();
            self.hook.helpers = HelperSet::Only(Arc::new(ids));
        }
        HookParts { hook: self.hook, helpers: self.helpers }
    }

    fn push(&mut self, field: CtxField) {
        self.layout.size = self.layout.size.max(field.off + field.size);
        self.fields.push(field);
    }
}

/// `TooMany` -> `TOO_MANY`.
fn upper_snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.char_indices() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.extend(c.to_uppercase());
    }
    out
}
