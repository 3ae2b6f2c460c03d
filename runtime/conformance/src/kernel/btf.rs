//! Type information of subprograms, made anew for each load: the live kernel wants it for callbacks and global functions.
//!
//! What clang writes needs repairs before the system takes it (sizes of data sections, `extern` functions); a program's
//! functions alone are easier to describe afresh, from what our own linker read.

use std::io;
use std::os::fd::AsFd as _;

use stingless_abi::{MapSpec, SpecialKind};
use stingless_object::{FuncArg, Unit};

use super::map::KernelMap;
use super::prog::load_btf;

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
        let mut records = Vec::new();
        for (sub, info) in unit.code.subprogs().iter().zip(&unit.funcs) {
            let mut params = Vec::new();
            let mut nonnull = Vec::new();
            for (at, arg) in info.args.iter().enumerate() {
                let name = w.name(&format!("a{at}"));
                let ty = match arg {
                    FuncArg::Scalar | FuncArg::Unsupported(_) => int,
                    FuncArg::Ctx => ctx,
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
            records.push([unit.code.slot_of(sub.start as usize), func]);
        }
        FuncBtf { btf: w.finish(), records }
    }
}

/// BTF of a map whose values have special fields: a struct of these and nothing else.
#[derive(Clone, Debug)]
pub struct MapBtf {
    btf: Vec<u8>,
    key: u32,
    value: u32,
}

impl MapBtf {
    /// Describes key and value of a map.
    #[must_use]
    pub fn of(spec: &MapSpec) -> MapBtf {
        let mut w = Writer::new();
        let name = w.name("int");
        let int = w.add(name, INT, 0, 4, &[1 << 24 | 32]);
        let name = w.name("char");
        let byte = w.add(name, INT, 0, 1, &[8]);
        let key = w.add(0, ARRAY, 0, 0, &[byte, int, spec.key_size]);
        let key = if spec.key_size == 4 { int } else { key };
        let member = w.name("val");
        let mut members = Vec::new();
        let mut size = 0;
        for field in &spec.special {
            let name = w.name(match field.kind {
                SpecialKind::SpinLock => "bpf_spin_lock",
                SpecialKind::Timer => "bpf_timer",
            });
            let ty = w.add(name, STRUCT, 1, field.kind.size(), &[member, int, 0]);
            members.extend([member, ty, field.off * 8]);
            size = size.max(field.off + field.kind.size());
        }
        let name = w.name("value");
        let value = w.add(name, STRUCT, members.len() / 3, spec.value_size.max(size), &members);
        MapBtf { btf: w.finish(), key, value }
    }

    /// Creates the map with its types.
    ///
    /// # Errors
    /// The system's.
    pub fn create(&self, spec: &MapSpec) -> io::Result<KernelMap> {
        let btf = load_btf(&self.btf)?;
        let spec = MapSpec { btf: (self.key, self.value), ..spec.clone() };
        KernelMap::create_with_btf(&spec, Some(btf.as_fd()))
    }
}
