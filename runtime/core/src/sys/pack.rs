//! Helper packs: helpers in a shared library, handed over as a versioned C table. No Rust type crosses the boundary.
//!
//! A pack exports `const struct stingless_pack *stingless_helper_pack(const struct stingless_host *)` (the layout is in
//! `stingless_helper.h`, which a test compares with this file). Its functions have the ABI of every helper; one that
//! gives up calls `host->trap`, which does not return. Each catches its own panics or exceptions.

use std::any::Any;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_char};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::ptr::null;
use std::sync::Arc;

use stingless_abi::{Arg as ArgRow, ArgKind, MemLen, MemUse, Proto, Ret, VmCtx};

use super::args::Scope;
use super::entry::{HelperFn, panic_message, trampoline};
use crate::error::Error;
use crate::helper::{HelperRow, effects};
use crate::vm::HelperError;

/// Version of the table below.
pub(crate) const PACK_VERSION: u32 = 1;
/// Helpers that one pack may have.
const MAX_HELPERS: u32 = 4096;
/// The exported symbol.
const SYMBOL: &[u8] = b"stingless_helper_pack\0";

/// Bytes of a helper's row, an argument's row, the table and the host's table: for tests of the C header.
#[doc(hidden)]
#[must_use]
pub fn pack_sizes() -> (usize, usize, usize, usize) {
    (size_of::<PackHelper>(), size_of::<PackArg>(), size_of::<PackTable>(), size_of::<PackHost>())
}

/// What a pack may ask of the host.
#[repr(C)]
#[derive(Debug)]
pub struct PackHost {
    /// `PACK_VERSION` of the host.
    pub version: u32,
    /// Ends the plugin's run with this reason (UTF-8, copied). Does not return.
    pub trap: unsafe extern "C" fn(call: *mut VmCtx, reason: *const c_char) -> u64,
}

/// The table that a pack hands over. Everything lives as long as the library is loaded.
#[repr(C)]
#[derive(Debug)]
pub struct PackTable {
    /// `PACK_VERSION` that the pack was built for.
    pub version: u32,
    /// Length of `helpers`.
    pub count: u32,
    /// The helpers.
    pub helpers: *const PackHelper,
}

/// One helper.
#[repr(C)]
#[derive(Debug)]
pub struct PackHelper {
    /// Number.
    pub id: u32,
    /// Length of `args`, at most 5.
    pub arg_count: u32,
    /// C name.
    pub name: *const c_char,
    /// What it does.
    pub doc: *const c_char,
    /// C type of the result.
    pub c_ret: *const c_char,
    /// Least result, signed.
    pub ret_min: i64,
    /// Greatest result, signed.
    pub ret_max: i64,
    /// One per register.
    pub args: *const PackArg,
    /// The function.
    pub entry: HelperFn,
}

/// One argument register.
#[repr(C)]
#[derive(Debug)]
pub struct PackArg {
    /// Name.
    pub name: *const c_char,
    /// C type.
    pub c_type: *const c_char,
    /// One of the `KIND_*` constants.
    pub kind: u32,
    /// Bytes, for the kinds of fixed size.
    pub size: u32,
}

/// One row per kind of argument that a pack may have: (number in `stingless_helper.h`, kind; `size` fills fixed ones).
fn kind_of(number: u32, size: u32) -> Option<ArgKind> {
    let mem = |access, len| Some(ArgKind::Mem { access, len, nullable: false });
    match number {
        0 => Some(ArgKind::Scalar),
        1 => mem(MemUse::Read, MemLen::Next),
        2 => mem(MemUse::ReadWrite, MemLen::Next),
        3 => mem(MemUse::Write, MemLen::Next),
        4 => Some(ArgKind::Len { zero_ok: true }),
        5 => Some(ArgKind::Len { zero_ok: false }),
        6 if size > 0 => mem(MemUse::Write, MemLen::Fixed { size, align: 1 << size.trailing_zeros().min(3) }),
        _ => None,
    }
}

/// The number of a kind, and its size.
fn number_of(kind: ArgKind) -> Option<(u32, u32)> {
    let size = match kind {
        ArgKind::Mem { len: MemLen::Fixed { size, .. }, .. } => size,
        _ => 0,
    };
    (0..=6).find(|&n| kind_of(n, size) == Some(kind)).map(|n| (n, size))
}

/// `PackHost::trap`.
///
/// # Safety
/// Called by a pack's helper with the call it was given, with nothing in its frames that has a destructor, and a
/// NUL-terminated reason.
unsafe extern "C" fn trap(call: *mut VmCtx, reason: *const c_char) -> u64 {
    // SAFETY: the caller passes the call in progress and a NUL-terminated text; the closure owns what it returns, and
    // `trampoline` drops it before it jumps.
    unsafe {
        trampoline(call, |_| {
            let text = CStr::from_ptr(reason).to_string_lossy().into_owned();
            Err(HelperError::new(text))
        })
    }
}

static HOST: PackHost = PackHost { version: PACK_VERSION, trap };

/// The helpers of a library. Their rows keep it loaded.
pub(crate) fn open(path: &Path) -> Result<Vec<HelperRow>, Error> {
    let bad = |message: String| Error::Pack { path: path.to_owned(), message };
    // SAFETY: loading runs the library's constructors: the host named this file, and trusts its helpers (security.md).
    let library = unsafe { libloading::Library::new(path) }.map_err(|e| bad(e.to_string()))?;
    // SAFETY: the symbol's type is part of the contract that its name stands for.
    let export = unsafe { library.get::<unsafe extern "C" fn(*const PackHost) -> *const PackTable>(SYMBOL) };
    let export = *export.map_err(|e| bad(format!("it exports no stingless_helper_pack: {e}")))?;
    let library: Arc<dyn Any + Send + Sync> = Arc::new(library);
    // SAFETY: as above; the table lives as long as the library, which the rows keep.
    let table = unsafe { export(&raw const HOST).as_ref() };
    let table = table.ok_or_else(|| bad("it handed over no table".into()))?;
    if table.version != PACK_VERSION {
        return Err(bad(format!("its table is version {}, this host reads version {PACK_VERSION}", table.version)));
    }
    if table.count > MAX_HELPERS || (table.count > 0 && table.helpers.is_null()) {
        return Err(bad(format!("it says it has {} helpers, at most {MAX_HELPERS} are read", table.count)));
    }
    (0..table.count as usize)
        .map(|at| {
            // SAFETY: the contract says that `helpers` has `count` rows.
            let helper = unsafe { &*table.helpers.add(at) };
            row(helper, &library).map_err(|why| bad(format!("helper {at}: {why}")))
        })
        .collect()
}

/// A NUL-terminated text of a table.
fn text(pointer: *const c_char, what: &str) -> Result<String, String> {
    if pointer.is_null() {
        return Err(format!("no {what}"));
    }
    // SAFETY: the contract says that texts are NUL-terminated and live as long as the library.
    let text = unsafe { CStr::from_ptr(pointer) };
    text.to_str().map(str::to_owned).map_err(|_| format!("its {what} is not UTF-8"))
}

fn row(helper: &PackHelper, library: &Arc<dyn Any + Send + Sync>) -> Result<HelperRow, String> {
    if helper.arg_count > 5 || (helper.arg_count > 0 && helper.args.is_null()) {
        return Err(format!("{} arguments, at most 5 fit", helper.arg_count));
    }
    if helper.ret_min > helper.ret_max {
        return Err(format!("results from {} to {}", helper.ret_min, helper.ret_max));
    }
    let mut args = Vec::new();
    for at in 0..helper.arg_count as usize {
        // SAFETY: the contract says that `args` has `arg_count` rows.
        let arg = unsafe { &*helper.args.add(at) };
        let kind = kind_of(arg.kind, arg.size).ok_or_else(|| format!("argument {at} has unknown kind {}", arg.kind))?;
        let (name, c_type) = (text(arg.name, "argument name")?, text(arg.c_type, "argument type")?);
        args.push(ArgRow { name: name.into(), c_type: c_type.into(), kind });
    }
    paired(&args)?;
    let proto = Proto {
        id: helper.id,
        name: text(helper.name, "name")?.into(),
        args: args.into(),
        ret: Ret::Scalar { min: helper.ret_min, max: helper.ret_max },
        c_ret: text(helper.c_ret, "result type")?.into(),
        effects: effects(&[]),
        doc: text(helper.doc, "doc")?.into(),
    };
    let run = crate::vm::HelperRow { entry: helper.entry, env: 0, keep: Some(library.clone()) };
    Ok(HelperRow { proto: Arc::new(proto), run })
}

/// Memory is followed by its length, and lengths stand nowhere else.
fn paired(args: &[ArgRow]) -> Result<(), String> {
    for (at, arg) in args.iter().enumerate() {
        let wants = matches!(arg.kind, ArgKind::Mem { len: MemLen::Next, .. });
        let next = args.get(at + 1).is_some_and(|a| matches!(a.kind, ArgKind::Len { .. }));
        if wants != next {
            return Err(format!("argument {at} (`{}`) is memory without a length, or before a stray one", arg.name));
        }
    }
    if args.first().is_some_and(|a| matches!(a.kind, ArgKind::Len { .. })) {
        return Err("its first argument is a length".into());
    }
    Ok(())
}

/// For packs in Rust: body of an exported helper. `host` is the one that the pack was given.
///
/// # Safety
/// As for `trampoline`; `host` outlives the process' use of the pack.
#[doc(hidden)]
pub unsafe fn pack_trampoline(
    host: &PackHost,
    call: *mut VmCtx,
    f: impl FnOnce(&Scope) -> Result<u64, HelperError>,
) -> u64 {
    let reason = match catch_unwind(AssertUnwindSafe(|| f(&Scope::new()))) {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => reason_of(&error.to_string()),
        Err(payload) => {
            let text = reason_of(&panic_message(&*payload));
            if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                std::mem::forget(second);
            }
            text
        }
    };
    // SAFETY: `call` is the one in progress; the reason is a static buffer of this thread, so nothing has a destructor.
    unsafe { (host.trap)(call, reason) }
}

/// Keeps a text where a jump over this frame leaks nothing: in a buffer of the thread.
fn reason_of(text: &str) -> *const c_char {
    thread_local! {
        static REASON: RefCell<CString> = RefCell::default();
    }
    let clean = CString::new(text.replace('\0', " ")).unwrap_or_default();
    REASON
        .try_with(|kept| {
            kept.replace(clean);
            kept.borrow().as_ptr()
        })
        .unwrap_or(c"a helper of a pack failed while its thread was ending".as_ptr())
}

/// For packs in Rust: the table of prototypes and entries, made once and never freed.
#[doc(hidden)]
#[must_use]
pub fn pack_table(helpers: Vec<(Proto, HelperFn)>) -> *const PackTable {
    let leak = |text: &str| CString::new(text.replace('\0', " ")).unwrap_or_default().into_raw().cast_const();
    let rows: Vec<PackHelper> = helpers
        .iter()
        .map(|(proto, entry)| {
            let args: Vec<PackArg> = proto
                .args
                .iter()
                .map(|a| {
                    // A kind that packs do not have becomes one that the host refuses by its number.
                    let (kind, size) = number_of(a.kind).unwrap_or((u32::MAX, 0));
                    PackArg { name: leak(&a.name), c_type: leak(&a.c_type), kind, size }
                })
                .collect();
            let (ret_min, ret_max) = match proto.ret {
                Ret::Scalar { min, max } => (min, max),
                Ret::Void
                | Ret::MapValueOrNull
                | Ret::MapValueMaybe
                | Ret::AcquiredOrNull { .. }
                | Ret::ElementOrNull { .. }
                | Ret::HostOrNull { .. }
                | Ret::ViewOrNull { .. } => (i64::MIN, i64::MAX),
            };
            PackHelper {
                id: proto.id,
                arg_count: args.len() as u32,
                name: leak(&proto.name),
                doc: leak(&proto.doc),
                c_ret: leak(&proto.c_ret),
                ret_min,
                ret_max,
                args: if args.is_empty() { null() } else { args.leak().as_ptr() },
                entry: *entry,
            }
        })
        .collect();
    let count = rows.len() as u32;
    Box::leak(Box::new(PackTable { version: PACK_VERSION, count, helpers: rows.leak().as_ptr() }))
}
