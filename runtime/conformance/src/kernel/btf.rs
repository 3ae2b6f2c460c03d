//! Type information of subprograms, made anew for each load: the live kernel wants it for callbacks and global functions.
//!
//! What clang writes needs repairs before the system takes it (sizes of data sections, `extern` functions); a program's
//! functions alone are easier to describe afresh, from what our own linker read.

use stingless_abi::{MapSpec, SpecialKind};
use stingless_object::{FuncArg, Unit};

/// BTF of a program's functions and the records that name them.
#[derive(Clone, Debug)]
pub struct FuncBtf {
    /// Bytes as in a `.BTF` section.
    pub btf: Vec<u8>,
    /// (slot, type) of each subprogram.
    pub records: Vec<[u32; 2]>,
}

const INT: u32 = 1;
const PTR: u32 = 2;
const ARRAY: u32 = 3;
const STRUCT: u32 = 4;
const FUNC: u32 = 12;
const FUNC_PROTO: u32 = 13;
const DECL_TAG: u32 = 17;
/// Linkage of functions.
const STATIC: u32 = 0;
const GLOBAL: u32 = 1;

/// BTF being written.
struct Writer {
    types: Vec<u32>,
    count: u32,
    strings: Vec<u8>,
}

impl Writer {
    fn new() -> Writer {
        Writer { types: Vec::new(), count: 0, strings: vec![0] }
    }

    fn name(&mut self, text: &str) -> u32 {
        let at = self.strings.len() as u32;
        self.strings.extend(text.bytes());
        self.strings.push(0);
        at
    }

    /// Adds a type and returns its id.
    fn add(&mut self, name: u32, kind: u32, vlen: usize, size_or_type: u32, more: &[u32]) -> u32 {
        // Functions keep their linkage where other kinds keep the number of members.
        self.types.extend([name, kind << 24 | vlen as u32, size_or_type]);
        self.types.extend(more);
        self.count += 1;
        self.count
    }

    fn finish(self) -> Vec<u8> {
        let types = self.types.len() as u32 * 4;
        let mut out = Vec::new();
        out.extend(0xeb9f_u16.to_le_bytes());
        out.extend([1, 0]);
        for word in [24, 0, types, types, self.strings.len() as u32] {
            out.extend(u32::to_le_bytes(word));
        }
        out.extend(self.types.iter().flat_map(|w| w.to_le_bytes()));
        out.extend(self.strings);
        out
    }
}

/// BTF of a map's key and value, which the live kernel wants for locks and timers: its bytes, and both types' ids.
pub(super) fn map_btf(spec: &MapSpec) -> (Vec<u8>, (u32, u32)) {
    let mut w = Writer::new();
    let name = w.name("int");
    let int = w.add(name, INT, 0, 4, &[1 << 24 | 32]);
    let name = w.name("char");
    let byte = w.add(name, INT, 0, 1, &[8]);
    let name = w.name("long");
    let long = w.add(name, INT, 0, 8, &[64]);
    let bytes = w.add(0, ARRAY, 0, 0, &[byte, int, spec.key_size]);
    let (member, name) = (w.name("bytes"), w.name("key"));
    let key = w.add(name, STRUCT, 1, spec.key_size, &[member, bytes, 0]);
    // The key of an array must be a plain number.
    let key = if spec.key_size == 4 { int } else { key };
    let mut special = spec.special.clone();
    special.sort_by_key(|s| s.off);
    let mut members = Vec::new();
    for field in special {
        let (name, c_name) = match field.kind {
            SpecialKind::SpinLock => ("lock", "bpf_spin_lock"),
            SpecialKind::Timer => ("timer", "bpf_timer"),
            SpecialKind::Workqueue => ("queue", "bpf_wq"),
            SpecialKind::Refcount => ("count", "bpf_refcount"),
            // These want the types of what they hold: plain bytes, which the system does not guard.
            SpecialKind::ListHead
            | SpecialKind::ListNode
            | SpecialKind::RbRoot
            | SpecialKind::RbNode
            | SpecialKind::KernelPointer => ("plain", "plain"),
        };
        let (inner, size) = match field.kind.size() {
            4 => (int, 4),
            size => (w.add(0, ARRAY, 0, 0, &[long, int, size / 8]), size),
        };
        let (member, c_name) = (w.name("val"), w.name(c_name));
        let ty = w.add(c_name, STRUCT, 1, size, &[member, inner, 0]);
        let name = w.name(&format!("{name}{}", field.off));
        members.extend([name, ty, field.off * 8]);
    }
    let name = w.name("value");
    let value = w.add(name, STRUCT, members.len() / 3, spec.value_size, &members);
    (w.finish(), (key, value))
}

impl FuncBtf {
    /// Describes the subprograms of a unit; `ctx` is the C name of the context's struct.
    #[must_use]
    pub fn of(unit: &Unit, ctx: &str) -> FuncBtf {
        let mut w = Writer::new();
        let name = w.name("int");
        // Signed, 32 bits.
        let int = w.add(name, INT, 0, 4, &[1 << 24 | 32]);
        let name = w.name("char");
        let byte = w.add(name, INT, 0, 1, &[8]);
        let name = w.name(ctx);
        let ctx = w.add(name, STRUCT, 0, 0, &[]);
        let ctx = w.add(0, PTR, 0, ctx, &[]);
        let words = w.add(0, ARRAY, 0, 0, &[byte, int, 16]);
        let (member, name) = (w.name("opaque"), w.name("bpf_dynptr"));
        let dynptr = w.add(name, STRUCT, 1, 16, &[member, words, 0]);
        let dynptr = w.add(0, PTR, 0, dynptr, &[]);
        let mut records = Vec::new();
        for (sub, info) in unit.code.subprogs().iter().zip(&unit.funcs) {
            let mut params = Vec::new();
            let mut nonnull = Vec::new();
            for (at, arg) in info.args.iter().enumerate() {
                let name = w.name(&format!("a{at}"));
                let ty = match arg {
                    FuncArg::Scalar | FuncArg::Unsupported(_) => int,
                    FuncArg::Ctx => ctx,
                    FuncArg::Dynptr => dynptr,
                    FuncArg::Mem { size, nullable } => {
                        if !nullable {
                            nonnull.push(at as u32);
                        }
                        let bytes = w.add(0, ARRAY, 0, 0, &[byte, int, *size]);
                        // A struct, which is what the system measures: it takes no pointers to arrays.
                        let member = w.name("bytes");
                        let name = w.name(&format!("mem{}_{at}", sub.start));
                        let whole = w.add(name, STRUCT, 1, *size, &[member, bytes, 0]);
                        w.add(0, PTR, 0, whole, &[])
                    }
                };
                params.extend([name, ty]);
            }
            let result = if info.global && !info.returns_scalar { 0 } else { int };
            let proto = w.add(0, FUNC_PROTO, params.len() / 2, result, &params);
            let label = if sub.name.is_empty() { format!("f{}", sub.start) } else { sub.name.replace('.', "_") };
            let name = w.name(&label);
            let linkage = if info.global || sub.start == 0 { GLOBAL } else { STATIC };
            let func = w.add(name, FUNC, linkage as usize, proto, &[]);
            for at in nonnull {
                let tag = w.name("arg:nonnull");
                w.add(tag, DECL_TAG, 0, func, &[at]);
            }
            if let Some(name) =
                unit.exception_callback.filter(|_| sub.start == 0).map(|at| &unit.code.subprogs()[at].name)
            {
                let tag = w.name(&format!("exception_callback:{name}"));
                // Of the function itself.
                w.add(tag, DECL_TAG, 0, func, &[u32::MAX]);
            }
            records.push([unit.code.slot_of(sub.start as usize), func]);
        }
        FuncBtf { btf: w.finish(), records }
    }
}
