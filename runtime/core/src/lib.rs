//! Stingless: run plugins that are proved safe, inside your process, at the speed of your own code.
//!
//! A host registers hooks and helpers in a [`Linker`], loads objects that clang compiled to eBPF, and calls the programs
//! in them as typed functions. See [`Ctx`] for hooks, [`bpf_call_1!`] for helpers, [`Slot`] for hot reload.
#![deny(unsafe_code)]

// The macros name this crate by its own name, also from within.
extern crate self as stingless;

mod caller;
mod chain;
mod collection;
mod engine;
mod error;
mod helper;
pub mod hook;
mod interp;
mod linker;
mod load;
mod macros;
pub mod maps;
mod object;
mod plugin;
mod raw;
mod slot;
pub(crate) mod sync;
#[allow(unsafe_code, reason = "the folder where unsafe code lives")]
pub(crate) mod sys;
mod vm;
mod watch;

pub use caller::Caller;
pub use chain::Chain;
pub use collection::{Collection, LoadedEach, ProgramInfo, Refused};
pub use engine::{Config, Engine, EngineKind};
pub use error::{Error, Result};
pub use helper::{AnyNumber, CountOrErrno, Errno, HelperResult, HelperRow, HelperSource, Helpers, IntoRet};
pub use hook::{Ctx, FromVerdict, Raw, Verdict};
pub use linker::Linker;
pub use maps::{Map, MapError, TypedMap, UserRing, UserSample};
pub use object::{from_file, types_from_file};
pub use plugin::Plugin;
pub use raw::{RawMapDef, RawProgram};
pub use slot::Slot;
pub use stingless_abi as abi;
pub use stingless_abi::VmCtx;
pub use stingless_derive::Ctx;
pub use stingless_isa as isa;
pub use stingless_object::btf::HostTypes;
pub use stingless_object::{KconfigError, KconfigValue, Object, ProgramDef, Unit, is_gpl_compatible};
pub use stingless_verifier as verifier;
pub use sys::args::{
    Anything, Arg, CallbackCtx, ConstScalar, ConstStr, CtxArg, CtxOrNull, DrainCallback, Fixed, ForEachCallback,
    Helper, InOut, Key, LoopCallback, MapArg, MemOrNull, MemOut, MemOutOrNull, NonEmpty, NonEmptyMut, NonEmptyOut,
    Optional, Out, Record, RecordPtr, Socket, SpinLock, Text, ValueIn, ValueInOrNull, ValueOut, ValuePtr,
    ValuePtrMaybe,
};
#[doc(hidden)]
pub use sys::assumed::{AssumedError, AssumedProgram, run_assumed};
#[doc(hidden)]
pub use sys::call::CallCx;
pub use sys::data::{Bytes, Packet};
pub use sys::dynptr::{
    Buffer, Dynptr, DynptrAdjust, DynptrMem, DynptrMut, LastingMem, NewDynptrClone, NewDynptrLocal, NewDynptrRingbuf,
    NewDynptrSkb, NewDynptrSkbMeta, NewDynptrXdp, OldDynptrRingbuf, ViewPtr,
};
#[doc(hidden)]
pub use sys::entry::{HelperFn, trampoline};
pub use sys::handle::{Handle, Lent};
pub use sys::mem::{Mem, MemMut, Number};
pub use sys::objects::{
    ElementPtr, IterBits, IterNum, NewIterBits, NewIterNum, ObjectMem, OldIterBits, OldIterNum, Words,
};
#[doc(hidden)]
pub use sys::pack::pack_sizes;
pub use sys::socket::{
    AnySocket, FullSocketPtr, HeldSocket, KernelSocketPtr, ListenerPtr, ObjectPointer, PartOfSocket, SocketCommonPtr,
    SocketField, SocketFields, SocketInfo, SocketPtr, TcpFields, TcpSocketPtr,
};
pub use vm::{BuildError, HelperError, Trap, Trapped};

/// What the macros expand to.
#[doc(hidden)]
pub mod __private {
    pub use crate::helper::effects;
    pub use crate::sys::args::Scope;
    pub use crate::sys::entry::{HelperFn, trampoline};
    pub use crate::sys::pack::{PackHost, PackTable, pack_table, pack_trampoline};
}
