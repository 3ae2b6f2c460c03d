//! Prototypes of helpers, as data: the verifier reads argument kinds and effects, the compiler the number, the
//! header generator names and docs. There is no `match` on helper numbers anywhere.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::map::{MapKind, MapKinds};

/// Numbers from here on are given to helpers that have a name only (`extern ... __ksym`).
pub const FIRST_NAMED_ID: u32 = 1 << 24;

/// Numbers from here on belong to helpers that have a name only *and* are defined by an item of their own: the number
/// is made of the name ([`kfunc_id`]), so that it is the same in every linker.
pub const FIRST_KFUNC_ID: u32 = 1 << 30;

/// The number of a helper that plugins call by name alone (Linux: a kfunc): FNV-1a of the name, in the lower 30 bits.
/// Two names with one number are an error of the linker.
#[must_use]
pub const fn kfunc_id(name: &str) -> u32 {
    let bytes = name.as_bytes();
    let (mut hash, mut at) = (0x811c_9dc5_u32, 0);
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    FIRST_KFUNC_ID | (hash ^ hash >> 30) & (FIRST_KFUNC_ID - 1)
}

/// How a helper uses memory it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemUse {
    /// Reads all of it: it must be initialised.
    Read,
    /// Writes all of it and reads none: it may be uninitialised, and is initialised afterwards.
    Write,
    /// Reads and writes: it must be initialised and writable.
    ReadWrite,
}

/// How long a memory argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MemLen {
    /// That many bytes, with that alignment.
    Fixed {
        /// Bytes.
        size: u32,
        /// Alignment in bytes.
        align: u32,
    },
    /// As many as the next argument says, which has kind [`ArgKind::Len`].
    Next,
}

/// Who calls back, and how: the signature and return range of the callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallbackKind {
    /// `long cb(u64 index, void *ctx)`, returns 0 (go on) or 1 (stop), called 0..n times (`bpf_loop`).
    Loop,
    /// `long cb(map *, const key *, value *, void *ctx)`, returns 0 or 1, called once per element
    /// (`bpf_for_each_map_elem`); map, key and value are those of the call's map argument.
    ForEachMapElem,
}

/// What a helper's argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgKind {
    /// Any initialised value; a pointer only where [`Trust::Privileged`](crate::Trust) (Linux `ARG_ANYTHING`).
    Anything,
    /// A number, never a pointer.
    Scalar,
    /// A number known to the verifier (Linux `ARG_CONST_ALLOC_SIZE_OR_ZERO`).
    ConstScalar,
    /// The hook's context, unmodified.
    Ctx,
    /// A map of one of these kinds, known to the verifier.
    Map(MapKinds),
    /// Pointer to a readable key of the map argument.
    MapKey,
    /// Pointer to a value of the map argument's value size.
    MapValue(MemUse),
    /// Pointer to memory.
    Mem {
        /// What the helper does with it.
        access: MemUse,
        /// Its length.
        len: MemLen,
        /// NULL is allowed (with length 0, where the length is an argument).
        nullable: bool,
    },
    /// Length of the memory argument before it.
    Len {
        /// 0 is allowed.
        zero_ok: bool,
    },
    /// Pointer to a NUL-terminated string in frozen read-only map memory (Linux `ARG_PTR_TO_CONST_STR`).
    ConstStr,
    /// A subprogram.
    Callback(CallbackKind),
    /// Passed on to the callback: pointer to the stack, or NULL (Linux `ARG_PTR_TO_STACK_OR_NULL`).
    CallbackCtx,
    /// A reference that a helper with [`Ret::AcquiredOrNull`] of this class returned, at offset 0.
    Acquired(RefClass),
    /// Pointer to the `struct bpf_spin_lock` of a map value.
    SpinLock,
    /// The hook's context, unmodified, or NULL.
    CtxOrNull,
    /// Pointer to a value of the map argument's value size, which the helper fills (Linux `ARG_PTR_TO_MAP_VALUE |
    /// MEM_UNINIT`); of maps of these kinds it reads it instead.
    MapValueOut {
        /// Kinds whose value is read.
        reads: MapKinds,
    },
    /// Pointer to an object on the stack that only helpers touch: 8-byte aligned, at a fixed place.
    Object {
        /// What it is, or becomes.
        kind: ObjectKind,
        /// What the helper does with it.
        action: ObjectAction,
    },
    /// Read only if another argument asks for it (what a format converts). A register that was not set is passed as 0;
    /// Linux declares no such argument and passes what the register happens to hold.
    Optional,
    /// Pointer to any dynptr that was made: on the stack, at a fixed place.
    Dynptr(DynptrUse),
    /// Pointer to 16 bytes of stack that become a copy of the dynptr argument.
    DynptrClone,
    /// Pointer to memory that outlives every dynptr, readable and writable: a map value. Its length is the next argument.
    LastingMem,
    /// Pointer to as many bytes as the constant in the next argument says, which the helper may use as it likes, or NULL.
    Buffer,
    /// Pointer to a host object of this class that is there: held, or lent together with what is.
    HostObject(u32),
    /// Pointer to a readable value of the map argument's value size, or NULL (Linux `ARG_PTR_TO_MAP_VALUE_OR_NULL`).
    MapValueOrNull,
    /// Pointer to text in any memory that may be read, at least one byte of it, or NULL. How many bytes from there on may
    /// be read is part of the proof: engines pass it in an argument register that the program does not set.
    Text {
        /// That register, as the place of an argument behind the last (from 0).
        len: u8,
    },
}

/// What a helper does with a dynptr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DynptrUse {
    /// Reads it, or what it is a view of.
    Read,
    /// Writes to what it is a view of; a packet may move by that.
    Write,
    /// Changes the view itself.
    Adjust,
}

impl ArgKind {
    /// How a map value is used that this argument points to, given the kind of the call's map; `None` for other arguments.
    #[must_use]
    pub fn value_use(self, map: Option<MapKind>) -> Option<MemUse> {
        match self {
            ArgKind::MapValue(access) => Some(access),
            ArgKind::MapValueOrNull => Some(MemUse::Read),
            ArgKind::MapValueOut { reads } if map.is_some_and(|kind| reads.has(kind)) => Some(MemUse::Read),
            ArgKind::MapValueOut { .. } => Some(MemUse::Write),
            ArgKind::Anything
            | ArgKind::Optional
            | ArgKind::Scalar
            | ArgKind::ConstScalar
            | ArgKind::Ctx
            | ArgKind::CtxOrNull
            | ArgKind::Map(_)
            | ArgKind::MapKey
            | ArgKind::Mem { .. }
            | ArgKind::Len { .. }
            | ArgKind::ConstStr
            | ArgKind::Callback(_)
            | ArgKind::CallbackCtx
            | ArgKind::Acquired(_)
            | ArgKind::SpinLock
            | ArgKind::Dynptr(_)
            | ArgKind::DynptrClone
            | ArgKind::LastingMem
            | ArgKind::Buffer
            | ArgKind::HostObject(_)
            | ArgKind::Text { .. }
            | ArgKind::Object { .. } => None,
        }
    }
}

/// Class of a counted reference: the verifier tracks each from acquisition to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefClass {
    /// A ring-buffer record.
    RingbufRecord,
    /// A host object; the number tells classes of one host apart.
    Host(u32),
    /// An object on the plugin's stack that must be destroyed (an iterator) or handed back.
    Object(ObjectKind),
}

/// An object on the plugin's stack that only helpers touch. The program declares memory for it; a helper makes the
/// object there, others use it, and the verifier knows at each point which slots hold one, and in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// `struct bpf_iter_num`: counts from one number to another.
    IterNum,
    /// `struct bpf_dynptr`: a view of a map value.
    DynptrLocal,
    /// A view of a ring-buffer record, which must be submitted or discarded.
    DynptrRingbuf,
    /// A view of an XDP frame.
    DynptrXdp,
    /// A view of a socket buffer.
    DynptrSkb,
    /// A view of the metadata in front of a socket buffer's packet.
    DynptrSkbMeta,
}

/// What is fixed about an [`ObjectKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectRow {
    /// The C struct.
    pub c_struct: &'static str,
    /// Bytes on the stack, a multiple of 8.
    pub size: u32,
    /// In the words of a message.
    pub noun: &'static str,
    /// It is stepped through; else it is a view of memory.
    pub iterator: bool,
    /// It must be given up on every path.
    pub held: bool,
    /// It is a view of a packet: pointers into it are stale when the packet moves.
    pub packet: bool,
}

impl ObjectKind {
    /// The kind's row.
    #[must_use]
    pub const fn row(self) -> ObjectRow {
        match self {
            ObjectKind::IterNum => ObjectRow::iterator("bpf_iter_num", 8),
            ObjectKind::DynptrLocal => ObjectRow::dynptr(false, false),
            ObjectKind::DynptrRingbuf => ObjectRow::dynptr(true, false),
            ObjectKind::DynptrXdp | ObjectKind::DynptrSkb | ObjectKind::DynptrSkbMeta => ObjectRow::dynptr(false, true),
        }
    }
}

impl ObjectRow {
    const fn iterator(c_struct: &'static str, size: u32) -> ObjectRow {
        ObjectRow { c_struct, size, noun: "an iterator", iterator: true, held: true, packet: false }
    }

    const fn dynptr(held: bool, packet: bool) -> ObjectRow {
        ObjectRow { c_struct: "bpf_dynptr", size: 16, noun: "a dynptr", iterator: false, held, packet }
    }
}

/// What a helper does with an object on the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ObjectAction {
    /// Makes it (`KF_ITER_NEW`): the memory is not yet one that must be given up.
    Make,
    /// Steps to the next element (`KF_ITER_NEXT`).
    Step,
    /// Destroys it (`KF_ITER_DESTROY`) or hands it back: the memory is the program's again, and uninitialised.
    Destroy,
}

/// What a helper returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ret {
    /// Nothing: `r0` is not initialised afterwards (Linux `RET_VOID`).
    Void,
    /// A number between these, inclusive, signed. `Scalar { min: i64::MIN, max: i64::MAX }` is any.
    Scalar {
        /// Least value.
        min: i64,
        /// Greatest value.
        max: i64,
    },
    /// Pointer to a value of the map argument, or NULL; an array's constant in-range key never gives NULL.
    MapValueOrNull,
    /// Pointer to fresh memory that must be released, or NULL.
    AcquiredOrNull {
        /// Class of the reference.
        class: RefClass,
        /// Its size: the constant in this argument (0-based), or `None` for opaque objects that are not dereferenced.
        size_arg: Option<u8>,
    },
    /// Pointer to a value of the map argument, or NULL, whatever the key.
    MapValueMaybe,
    /// Pointer to the element that the iterator argument stands at, to read, valid until the iterator is destroyed; NULL
    /// when there is none left, and from then on.
    ElementOrNull {
        /// Bytes of the element.
        size: u32,
    },
    /// Pointer into what the dynptr argument is a view of, valid as long as that dynptr is, or NULL.
    ViewOrNull {
        /// Its size: the constant in this argument (0-based).
        size_arg: u8,
        /// The plugin may write there.
        writable: bool,
    },
    /// Pointer to a host object that the [`ArgKind::HostObject`] argument leads to, or NULL.
    HostOrNull {
        /// Its class.
        class: u32,
        /// It is the argument's object itself, seen in another way: there as long as that one is held, and giving it back
        /// gives that one back. Else it is there until the run ends, and not given back.
        same: bool,
    },
}

impl Ret {
    /// Any number.
    pub const ANY: Ret = Ret::Scalar { min: i64::MIN, max: i64::MAX };
    /// 0 or a negative errno.
    pub const ERRNO: Ret = Ret::Scalar { min: -4095, max: 0 };
}

/// What a helper does beside returning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Effects {
    /// May raise a trap: needs a landing.
    pub may_trap: bool,
    /// Packet pointers taken before are stale afterwards.
    pub invalidates_packet: bool,
    /// Only for programs with a GPL-compatible licence.
    pub gpl_only: bool,
    /// Releases the reference in this argument (0-based).
    pub releases: Option<u8>,
    /// Leaves the program for another one when it succeeds (`bpf_tail_call`).
    pub tail_call: bool,
    /// Takes (`Some(true)`) or gives back (`Some(false)`) the spin lock in its argument.
    pub lock: Option<bool>,
    /// Does not return (`bpf_throw`).
    pub throws: bool,
    /// Changes what the map argument holds: not allowed with a map that programs may only read.
    pub writes_map: bool,
    /// Enters or leaves a section that must be left before the program ends.
    pub section: Option<Section>,
    /// Takes no packet memory for its memory arguments (Linux: no `pkt_access`).
    pub no_packet: bool,
}

/// What a helper does to the sections that a program is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Enters a read-side section (`bpf_rcu_read_lock`): one at a time.
    ReadEnter,
    /// Leaves it.
    ReadLeave,
    /// Counts one more reason not to be preempted (`bpf_preempt_disable`).
    PreemptOff,
    /// Counts one less.
    PreemptOn,
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Name in the C declaration.
    pub name: Cow<'static, str>,
    /// C type in the declaration.
    pub c_type: Cow<'static, str>,
    /// What it must be.
    pub kind: ArgKind,
}

/// A helper's prototype: one argument per register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proto {
    /// Number that `call` names.
    pub id: u32,
    /// C name.
    pub name: Cow<'static, str>,
    /// Zero to five arguments, in `r1` to `r5`.
    pub args: Cow<'static, [Arg]>,
    /// Result.
    pub ret: Ret,
    /// C type of the result.
    pub c_ret: Cow<'static, str>,
    /// Effects.
    pub effects: Effects,
    /// What the helper does, for headers and listings.
    pub doc: Cow<'static, str>,
}

impl Proto {
    /// The argument that is stepped through, if this helper steps an iterator: its place, from 0.
    #[must_use]
    pub fn steps(&self) -> Option<usize> {
        self.args.iter().position(|a| matches!(a.kind, ArgKind::Object { action: ObjectAction::Step, .. }))
    }

    /// Whether pointers into packets may be stale afterwards.
    #[must_use]
    pub fn may_move_packet(&self) -> bool {
        self.effects.invalidates_packet || self.args.iter().any(|a| matches!(a.kind, ArgKind::Dynptr(DynptrUse::Write)))
    }

    /// The C declaration without its number, as users read it: `long bpf_strtol(const char *buf, ...)`.
    #[must_use]
    pub fn c_signature(&self) -> String {
        let args: Vec<String> = self.args.iter().map(|a| join_c(&a.c_type, &a.name)).collect();
        let args = if args.is_empty() { "void".to_owned() } else { args.join(", ") };
        format!("{}({args})", join_c(&self.c_ret, &self.name))
    }
}

/// A C type and a name: no blank after a star.
fn join_c(c_type: &str, name: &str) -> String {
    if c_type.ends_with('*') { format!("{c_type}{name}") } else { format!("{c_type} {name}") }
}

/// The helpers that a linker knows, by number. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct ProtoTable {
    rows: Arc<BTreeMap<u32, Arc<Proto>>>,
}

impl ProtoTable {
    /// A table of rows; a later row replaces an earlier one with its number.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = Arc<Proto>>) -> ProtoTable {
        ProtoTable { rows: Arc::new(rows.into_iter().map(|p| (p.id, p)).collect()) }
    }

    /// The helper with this number.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Arc<Proto>> {
        self.rows.get(&id)
    }

    /// The helper with this C name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<&Arc<Proto>> {
        self.rows.values().find(|p| p.name == name)
    }

    /// All rows in order of their number.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Proto>> {
        self.rows.values()
    }
}
