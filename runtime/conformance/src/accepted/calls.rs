//! Calls of helpers by their prototypes alone: each argument is made as its kind says, memory from the stack, a map value or
//! the packet.

use std::fmt::Write as _;

use stingless_abi::{ArgKind, MapKind, MemLen, Proto};

use crate::random::Random;

/// Where a memory argument points.
pub type Given = &'static str;

/// Text of an `xdp` program that calls a helper, and where each of its memory arguments points; `None` where a kind of
/// argument needs more than this can make. The maps are those of `fragments::maps`.
#[must_use]
pub fn call_of(proto: &Proto, random: &mut Random) -> Option<(String, Vec<Given>)> {
    let mut text = String::new();
    let mut given = Vec::new();
    // A map value in r7, a packet of 32 bytes in r8, or nothing is called.
    text += "r6 = r1\nr1 = 1\n*(u32 *)(r10 - 4) = r1\nr2 = r10\nr2 += -4\nr1 = map[0] ll\ncall 1\nif r0 == 0 goto out\nr7 = r0\n";
    text += "r8 = *(u32 *)(r6 + 0)\nr2 = *(u32 *)(r6 + 4)\nr1 = r8\nr1 += 32\nif r1 > r2 goto out\n";
    for slot in 2..=16 {
        let _ = writeln!(text, "*(u64 *)(r10 - {}) = {}", 8 * slot, random.below(9));
    }
    for (index, arg) in proto.args.iter().enumerate() {
        let reg = index + 1;
        let line = match arg.kind {
            ArgKind::Anything | ArgKind::Optional | ArgKind::Scalar => {
                format!("r{reg} = {}", random.pick(&[0, 0, 1, 2, 8]))
            }
            ArgKind::ConstScalar => format!("r{reg} = 16"),
            ArgKind::Ctx | ArgKind::CtxOrNull => format!("r{reg} = r6"),
            ArgKind::Map(kinds) => {
                let ours = [(MapKind::Array, 0), (MapKind::Hash, 1), (MapKind::Ringbuf, 2)];
                let fits: Vec<_> = ours.into_iter().filter(|(k, _)| kinds.has(*k)).collect();
                if fits.is_empty() {
                    return None;
                }
                format!("r{reg} = map[{}] ll", random.pick(&fits).1)
            }
            ArgKind::MapKey | ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } => memory(random, reg, &mut given),
            ArgKind::Mem { len: MemLen::Fixed { size, .. }, .. } if size > 16 => return None,
            ArgKind::Mem { .. } => memory(random, reg, &mut given),
            ArgKind::Len { .. } => format!("r{reg} = {}", random.pick(&[1, 4, 8, 16])),
            ArgKind::ConstStr
            | ArgKind::Callback(_)
            | ArgKind::CallbackCtx
            | ArgKind::Acquired(_)
            | ArgKind::SpinLock
            | ArgKind::Dynptr(_)
            | ArgKind::DynptrClone
            | ArgKind::LastingMem
            | ArgKind::Buffer
            | ArgKind::Object { .. } => return None,
        };
        text += &line;
        text.push('\n');
    }
    let _ = write!(text, "call {}\nout:\nr0 = 2\nexit\n", proto.id);
    Some((text, given))
}

fn memory(random: &mut Random, reg: usize, given: &mut Vec<Given>) -> String {
    let (to, line) = random.pick(&[("to stack", 0), ("to map value", 1), ("to data", 2)]);
    given.push(to);
    match line {
        0 => format!("r{reg} = r10\nr{reg} += -128"),
        1 => format!("r{reg} = r7"),
        _ => format!("r{reg} = r8"),
    }
}
