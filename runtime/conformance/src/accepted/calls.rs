//! Calls of helpers by their prototypes alone: each argument is made as its kind says, memory from the stack, a map value or
//! the packet.

use std::fmt::Write as _;

use stingless_abi::map::SizeRule;
use stingless_abi::{ArgKind, MapKind, MapSpec, MemLen, Proto};

use crate::random::Random;

/// Where a memory argument points.
pub type Given = &'static str;

/// A program that calls a helper.
#[derive(Clone, Debug)]
pub struct Call {
    /// The program, of a hook whose context begins as that of `xdp` (`tc` is `true`: as that of `tc`).
    pub text: String,
    /// Where each of its memory arguments points.
    pub given: Vec<Given>,
    /// The map that the helper gets, if it is none of `fragments::maps`: number 3.
    pub map: Option<MapSpec>,
}

/// A call of a helper, the `turn`th one; `None` where a kind of argument needs more than this can make. The maps are those of
/// `fragments::maps`, and one more.
#[must_use]
pub fn call_of(proto: &Proto, tc: bool, turn: u64, random: &mut Random) -> Option<Call> {
    let mut text = String::new();
    let mut given = Vec::new();
    let mut map = None;
    // A map value in r7, a packet of 32 bytes in r8, or nothing is called.
    text += "r6 = r1\nr1 = 1\n*(u32 *)(r10 - 4) = r1\nr2 = r10\nr2 += -4\nr1 = map[0] ll\ncall 1\nif r0 == 0 goto out\nr7 = r0\n";
    let (data, end) = if tc { (76, 80) } else { (0, 4) };
    let _ =
        write!(text, "r8 = *(u32 *)(r6 + {data})\nr2 = *(u32 *)(r6 + {end})\nr1 = r8\nr1 += 32\nif r1 > r2 goto out\n");
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
                let other = MapKind::rows()
                    .iter()
                    .map(|r| r.kind)
                    .filter(|k| kinds.has(*k) && !ours.iter().any(|(o, _)| o == k));
                let others: Vec<MapKind> = other.collect();
                let number = if others.is_empty() || !fits.is_empty() && random.below(3) != 0 {
                    if fits.is_empty() {
                        return None;
                    }
                    random.pick(&fits).1
                } else {
                    map = spec_of(random.pick(&others));
                    map.as_ref()?;
                    3
                };
                format!("r{reg} = map[{number}] ll")
            }
            ArgKind::MapValueOrNull if random.below(2) == 0 => format!("r{reg} = 0"),
            ArgKind::MapKey | ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } | ArgKind::MapValueOrNull => {
                memory(turn, reg, &mut given)
            }
            ArgKind::Mem { len: MemLen::Fixed { size, .. }, .. } if size > 16 => return None,
            ArgKind::Mem { .. } | ArgKind::Text { .. } => memory(turn, reg, &mut given),
            ArgKind::Len { .. } => format!("r{reg} = {}", random.pick(&[1, 4, 8, 16])),
            ArgKind::ConstStr
            | ArgKind::Callback(_)
            | ArgKind::CallbackCtx
            | ArgKind::Acquired(_)
            | ArgKind::HostObject(_)
            | ArgKind::SpinLock
            | ArgKind::Dynptr(_)
            | ArgKind::DynptrClone
            | ArgKind::LastingMem
            | ArgKind::Buffer
            | ArgKind::Object { .. } => return None,
        };
        // One argument in many is left as the call before left it.
        if random.below(12) != 0 {
            text += &line;
            text.push('\n');
        }
    }
    let _ = write!(text, "call {}\nout:\nr0 = 2\nexit\n", proto.id);
    Some(Call { text, given, map })
}

/// A small map of a kind that was not among the others.
fn spec_of(kind: MapKind) -> Option<MapSpec> {
    let fit = |rule, wanted: u32| match rule {
        SizeRule::Exactly(n) => n,
        SizeRule::Between(least, most) => wanted.clamp(least, most),
    };
    let row = kind.row();
    let spec = MapSpec::new("other", kind, fit(row.key, 4), fit(row.value, 16), 4);
    // Kinds that want more than sizes are left out.
    (kind != MapKind::ProgArray && stingless::Map::create(&spec).is_ok()).then_some(spec)
}

/// Takes turns, so that each place has its share.
fn memory(turn: u64, reg: usize, given: &mut Vec<Given>) -> String {
    let (to, line) = [("to stack", 0), ("to map value", 1), ("to data", 2)][(turn % 3) as usize];
    given.push(to);
    match line {
        0 => format!("r{reg} = r10\nr{reg} += -128"),
        1 => format!("r{reg} = r7"),
        _ => format!("r{reg} = r8"),
    }
}
