//! Contexts: the struct a plugin sees (virtual) and the one the host has (native), field by field.

use std::borrow::Cow;

use stingless_isa::Size;

/// What a plugin may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rights {
    /// Loads.
    pub read: bool,
    /// Stores.
    pub write: bool,
}

impl Rights {
    /// Loads only.
    pub const READ: Rights = Rights { read: true, write: false };
    /// Loads and stores.
    pub const READ_WRITE: Rights = Rights { read: true, write: true };
}

/// What a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Bytes that are plain numbers on both sides.
    Scalar {
        /// Which accesses of a part of the field, aligned to their own size, are allowed too.
        partial: Partial,
    },
    /// Start of data region `region`: loads give a pointer.
    DataStart {
        /// Number of the region in this context.
        region: u8,
    },
    /// End of data region `region`: loads give its end pointer.
    DataEnd {
        /// Number of the region in this context.
        region: u8,
    },
    /// Start of the metadata before data region `region` (`data_meta`), which ends where the data start.
    DataMeta {
        /// Number of the region in this context.
        region: u8,
    },
    /// An object of the host, or none: loads give a pointer that may be NULL.
    Object {
        /// Its class.
        class: u32,
    },
}

/// Accesses of a part of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Partial {
    /// None: the whole field or nothing.
    Never,
    /// Loads (Linux's narrow loads).
    Loads,
    /// Loads and stores: the field is an array, or an area such as `__sk_buff::cb`.
    Any,
}

/// How the native side stores a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NativeOp {
    /// The same bytes at the native offset: part `d` of the field is `d` bytes further.
    Plain,
    /// A native pointer of 8 bytes, whatever the virtual size.
    Pointer,
    /// Nothing stands behind it: loads give 0, stores vanish.
    Zero,
}

/// One field of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CtxField {
    /// Name in the C struct.
    pub name: Cow<'static, str>,
    /// Byte offset as the plugin sees it.
    pub off: u32,
    /// Bytes as the plugin sees it.
    pub size: u32,
    /// Rights.
    pub rights: Rights,
    /// Kind.
    pub kind: FieldKind,
    /// How it is stored natively.
    pub native: NativeOp,
    /// Byte offset in the native struct.
    pub native_off: u32,
    /// Sections whose programs alone may access it; empty: those of all.
    pub sections: Cow<'static, [Cow<'static, str>]>,
}

impl CtxField {
    /// Whether programs of a section may access it, as far as its rights go.
    #[must_use]
    pub fn is_for(&self, section: &str) -> bool {
        self.sections.is_empty() || self.sections.iter().any(|s| s == section)
    }
}

/// A context's layout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CtxLayout {
    /// Name of the C struct (`xdp_md`).
    pub name: Cow<'static, str>,
    /// Bytes of the virtual struct.
    pub size: u32,
    /// Fields in order of their offset.
    pub fields: Cow<'static, [CtxField]>,
    /// Data regions, by number.
    pub regions: Cow<'static, [DataRegion]>,
}

/// Rights on a data region (a packet, a path, a header block).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DataRegion {
    /// Rights on the bytes.
    pub rights: Rights,
}

/// A context access, in native terms: what every engine executes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lowered {
    /// How.
    pub op: NativeOp,
    /// Byte offset in the native struct.
    pub off: u32,
    /// Bytes accessed natively.
    pub size: Size,
}

/// Why a context access is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CtxError {
    /// No field there, or the access crosses a field's end.
    NoField,
    /// The field has no such right.
    Denied,
    /// The field takes accesses of its full size only, or the offset is not aligned to the access.
    BadSize,
}

impl CtxLayout {
    /// Resolves a plugin's access of `size` bytes at `off`.
    ///
    /// # Errors
    /// See [`CtxError`].
    pub fn access(&self, off: i64, size: Size, write: bool) -> Result<(&CtxField, Lowered), CtxError> {
        let bytes = size.bytes();
        let off = u32::try_from(off).map_err(|_| CtxError::NoField)?;
        let field =
            self.fields.iter().find(|f| off >= f.off && off + bytes <= f.off + f.size).ok_or(CtxError::NoField)?;
        let right = if write { field.rights.write } else { field.rights.read };
        if !right {
            return Err(CtxError::Denied);
        }
        let full = off == field.off && bytes == field.size;
        let partial_ok = match field.kind {
            FieldKind::Scalar { partial } => partial == Partial::Any || partial == Partial::Loads && !write,
            FieldKind::DataStart { .. }
            | FieldKind::DataEnd { .. }
            | FieldKind::DataMeta { .. }
            | FieldKind::Object { .. } => false,
        };
        if !full && !partial_ok || off % bytes != 0 {
            return Err(CtxError::BadSize);
        }
        let lowered = match field.native {
            NativeOp::Plain => Lowered { op: NativeOp::Plain, off: field.native_off + (off - field.off), size },
            NativeOp::Pointer => Lowered { op: NativeOp::Pointer, off: field.native_off, size: Size::DW },
            NativeOp::Zero => Lowered { op: NativeOp::Zero, off: 0, size },
        };
        Ok((field, lowered))
    }

    /// The field that holds byte `off`, whatever its rights: for messages.
    #[must_use]
    pub fn field_at(&self, off: i64) -> Option<&CtxField> {
        self.fields.iter().find(|f| off >= i64::from(f.off) && off < i64::from(f.off + f.size))
    }
}
