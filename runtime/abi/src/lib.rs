//! The table: what host, verifier, compiler and plugin agree on. Data, and pure functions over it.
#![forbid(unsafe_code)]

mod ctx;
pub mod header;
mod hook;
pub mod limits;
pub mod map;
pub mod object;
mod proto;
mod trap;
pub mod vmctx;

pub use ctx::{CtxError, CtxField, CtxLayout, DataRegion, FieldKind, Lowered, NativeOp, Partial, Rights};
pub use hook::{Entry, HelperSet, HookDef, PacketBase, VerdictRange};
pub use limits::{Limits, Trust};
pub use map::{MapKind, MapKinds, MapShapeError, MapSpec, SpecialField, SpecialKind};
pub use object::ObjectLayout;
pub use proto::{
    Arg, ArgKind, CallbackKind, DynptrUse, Effects, FIRST_KFUNC_ID, FIRST_NAMED_ID, MemLen, MemUse, ObjectAction,
    ObjectKind, ObjectRow, Proto, ProtoTable, RefClass, Ret, Section, kfunc_id,
};
pub use trap::TrapKind;
pub use vmctx::VmCtx;
