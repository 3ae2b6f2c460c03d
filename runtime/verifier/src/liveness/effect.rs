//! Which stack bytes an instruction reads and overwrites.

use stingless_abi::{ArgKind, MemLen, MemUse, ObjectAction, ObjectKind, Proto};
use stingless_isa::{Reg, Size};
use stingless_object::{FuncArg, Unit};

use super::value::{Regs, Taint, Val};

/// Bytes of a frame that are told apart, in pieces of 4: bit `i` is the 4 bytes from `r10 - 4 * (i + 1)`.
const DEPTH: i64 = 512;

/// Bytes of a dynptr.
const DYNPTR: i64 = ObjectKind::DynptrLocal.row().size as i64;

/// Pieces that an instruction may read, and pieces that it surely overwrites without reading them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) uses: u128,
    pub(super) kills: u128,
}

impl Effect {
    /// May read anything.
    pub(super) const ALL: Effect = Effect { uses: u128::MAX, kills: 0 };

    /// Both at once; what either reads is read.
    pub(super) fn and(self, other: Effect) -> Effect {
        Effect { uses: self.uses | other.uses, kills: self.kills | other.kills }
    }

    /// Reads `len` bytes at `r10 + off`.
    fn read(off: i64, len: i64) -> Effect {
        Effect { uses: pieces(off, len).0, kills: 0 }
    }

    /// Overwrites them. A piece that is overwritten in part counts as read: it keeps some of its bytes.
    fn write(off: i64, len: i64) -> Effect {
        let (touched, covered) = pieces(off, len);
        Effect { uses: touched & !covered, kills: covered }
    }

    /// A load through `base`, or an atomic operation.
    pub(super) fn load(base: Val, off: i16, size: Size) -> Effect {
        match base {
            Val::Frame(at) => Effect::read(i64::from(at) + i64::from(off), size.bytes().into()),
            Val::Const(_) | Val::Map(_) | Val::Func(_) | Val::Other(_) => Effect::through(base),
        }
    }

    /// A store through `base`.
    pub(super) fn store(base: Val, off: i16, size: Size) -> Effect {
        match base {
            Val::Frame(at) => Effect::write(i64::from(at) + i64::from(off), size.bytes().into()),
            Val::Const(_) | Val::Map(_) | Val::Func(_) | Val::Other(_) => Effect::through(base),
        }
    }

    /// Any access through a pointer that is not `r10` plus a constant.
    pub(super) fn through(pointer: Val) -> Effect {
        if pointer.taint().meets(Taint::FRAME) { Effect::ALL } else { Effect::default() }
    }

    /// An access of `len` bytes by a callee; an unknown length may reach up to the frame's end.
    fn passed(pointer: Val, len: Option<i64>, access: MemUse) -> Effect {
        let Val::Frame(off) = pointer else { return Effect::through(pointer) };
        let off = i64::from(off);
        match (len, access) {
            (Some(len), MemUse::Write) => Effect::write(off, len),
            (Some(len), MemUse::Read | MemUse::ReadWrite) => Effect::read(off, len),
            (None, MemUse::Read | MemUse::Write | MemUse::ReadWrite) => Effect::read(off, -off),
        }
    }

    /// A helper's call, from its prototype.
    pub(super) fn helper(unit: &Unit, proto: &Proto, regs: &Regs) -> Effect {
        let mut effect = Effect::default();
        let mut calls_back = false;
        let args = proto.args.iter().zip(Reg::ARGS);
        let map = args.clone().find(|(arg, _)| matches!(arg.kind, ArgKind::Map(_))).map(|(_, reg)| regs.get(reg));
        let spec = match map {
            Some(Val::Map(index)) => unit.maps.get(index as usize).map(|m| &m.spec),
            Some(Val::Const(_) | Val::Frame(_) | Val::Func(_) | Val::Other(_)) | None => None,
        };
        for (arg, reg) in args {
            let val = regs.get(reg);
            effect = effect.and(match arg.kind {
                ArgKind::Mem { access, len, .. } => Effect::passed(val, length(len, reg, regs), access),
                ArgKind::MapKey => Effect::passed(val, spec.map(|s| s.key_size.into()), MemUse::Read),
                ArgKind::MapValue(_) | ArgKind::MapValueOut { .. } | ArgKind::MapValueOrNull => {
                    // Of a map that is not known here, a read: nothing is overwritten for good.
                    let access = spec.and_then(|s| arg.kind.value_use(Some(s.kind))).unwrap_or(MemUse::ReadWrite);
                    Effect::passed(val, spec.map(|s| s.value_size.into()), access)
                }
                ArgKind::Object { kind, action } => {
                    let access = match action {
                        ObjectAction::Make => MemUse::Write,
                        ObjectAction::Step | ObjectAction::Destroy => MemUse::ReadWrite,
                    };
                    Effect::passed(val, Some(kind.row().size.into()), access)
                }
                ArgKind::Dynptr(_) => Effect::passed(val, Some(DYNPTR), MemUse::ReadWrite),
                ArgKind::DynptrClone => Effect::passed(val, Some(DYNPTR), MemUse::Write),
                ArgKind::Buffer => Effect::passed(val, length(MemLen::Next, reg, regs), MemUse::Write),
                ArgKind::Words { most } => Effect::passed(val, words(most, reg, regs), MemUse::Read),
                // As far as there is something to read.
                ArgKind::Text { .. } => Effect::passed(val, None, MemUse::Read),
                ArgKind::Callback(_) => {
                    calls_back = true;
                    Effect::default()
                }
                ArgKind::Anything
                | ArgKind::Optional
                | ArgKind::Scalar
                | ArgKind::ConstScalar
                | ArgKind::Ctx
                | ArgKind::CtxOrNull
                | ArgKind::Map(_)
                | ArgKind::Len { .. }
                | ArgKind::ConstStr
                | ArgKind::LastingMem
                | ArgKind::CallbackCtx
                | ArgKind::Acquired(_)
                | ArgKind::HostObject(_)
                | ArgKind::SpinLock => Effect::through(val),
            });
        }
        // Nothing is overwritten for good while the helper may still call back: a call's liveness holds under it.
        Effect { kills: if calls_back { 0 } else { effect.kills }, ..effect }
    }

    /// A subprogram's call that gets these registers: memory of a global function's argument has a known size.
    pub(super) fn local(args: &[FuncArg], live_in: u16, regs: &Regs) -> Effect {
        let mut effect = Effect::default();
        for (i, reg) in Reg::ARGS.into_iter().enumerate() {
            let val = regs.get(reg);
            effect = effect.and(match args.get(i) {
                Some(FuncArg::Mem { size, .. }) => Effect::passed(val, Some((*size).into()), MemUse::ReadWrite),
                Some(FuncArg::Dynptr) => Effect::passed(val, Some(DYNPTR), MemUse::ReadWrite),
                Some(FuncArg::Scalar | FuncArg::Ctx | FuncArg::Unsupported(_)) => Effect::through(val),
                None if live_in & 1 << reg.index() != 0 => Effect::through(val),
                None => Effect::default(),
            });
        }
        effect
    }
}

/// The bytes that a memory argument in `reg` has, where they are known.
fn length(len: MemLen, reg: Reg, regs: &Regs) -> Option<i64> {
    match len {
        MemLen::Fixed { size, .. } => Some(size.into()),
        MemLen::Next => match regs.get(Reg::new(reg.bits() + 1)?) {
            Val::Const(len) => u32::try_from(len).ok().map(i64::from),
            Val::Frame(_) | Val::Map(_) | Val::Func(_) | Val::Other(_) => None,
        },
    }
}

/// The most bytes that are read of as many words as the next argument says.
fn words(most: u32, reg: Reg, regs: &Regs) -> Option<i64> {
    match regs.get(Reg::new(reg.bits() + 1)?) {
        Val::Const(count) => Some(i64::from((count as u32).min(most)) * 8),
        Val::Frame(_) | Val::Map(_) | Val::Func(_) | Val::Other(_) => None,
    }
}

/// The pieces that `len` bytes at `r10 + off` touch, and those that they cover.
fn pieces(off: i64, len: i64) -> (u128, u128) {
    let (low, high) = (off.clamp(-DEPTH, 0), off.saturating_add(len).clamp(-DEPTH, 0));
    if low >= high {
        return (0, 0);
    }
    let (near, far) = (-high, -low);
    (span(near / 4, (far + 3) / 4), span((near + 3) / 4, far / 4))
}

/// Bits `from..to`.
fn span(from: i64, to: i64) -> u128 {
    let below = |n: i64| if n >= 128 { u128::MAX } else { (1u128 << n) - 1 };
    if from >= to { 0 } else { below(to) & !below(from) }
}

/// Pieces of 4 bytes to slots of 8.
pub(super) fn slots(pieces: u128) -> u64 {
    let pairs = pieces | pieces >> 1;
    u64::from(evens(pairs as u64)) | u64::from(evens((pairs >> 64) as u64)) << 32
}

/// The bits at even places, moved together: those of each pair of groups are brought next to each other.
fn evens(bits: u64) -> u32 {
    let mut x = bits & 0x5555_5555_5555_5555;
    x = (x | x >> 1) & 0x3333_3333_3333_3333;
    x = (x | x >> 2) & 0x0f0f_0f0f_0f0f_0f0f;
    x = (x | x >> 4) & 0x00ff_00ff_00ff_00ff;
    x = (x | x >> 8) & 0x0000_ffff_0000_ffff;
    (x | x >> 16) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_agree_with_bytes() {
        for off in -530..10i64 {
            for len in [0, 1, 2, 3, 4, 5, 8, 11, 16, 600] {
                let inside = |byte: i64| byte >= off && byte < off + len;
                let (mut touched, mut covered) = (0u128, 0u128);
                for i in 0..128 {
                    let bytes = -4 * (i + 1)..-4 * i;
                    touched |= u128::from(bytes.clone().any(inside)) << i;
                    covered |= u128::from(bytes.clone().all(inside)) << i;
                }
                assert_eq!(pieces(off, len), (touched, covered), "{off} {len}");
            }
        }
    }

    #[test]
    fn slots_are_pairs_of_pieces() {
        assert_eq!(slots(0b01), 1);
        assert_eq!(slots(0b10), 1);
        assert_eq!(slots(0b100), 2);
        assert_eq!(slots(u128::MAX), u64::MAX);
        assert_eq!(slots(1 << 127), 1 << 63);
        for i in 0..128 {
            assert_eq!(slots(1 << i), 1 << (i / 2), "{i}");
            assert_eq!(slots(!(1 << i)), u64::MAX, "{i}");
            assert_eq!(slots(!(0b11 << (i & !1))), !(1 << (i / 2)), "{i}");
        }
    }
}
