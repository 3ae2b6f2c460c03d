//! One line to one instruction.

use super::{AsmErrorKind as Kind, Goal};
use stingless_isa::{AluOp, AtomicOp, Callee, Cond, Insn, Operand, Reg, Size, UnaryOp, Width};

type Parsed = Result<(Insn, Option<Goal>), Kind>;

/// A mnemonic and what stands after it, split at commas.
struct Words<'a> {
    mnemonic: String,
    operands: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Words<'a> {
        let (first, mut rest) = split(text);
        let mut mnemonic = first.to_owned();
        // `lock fetch add [..], ..`: all words before the address name the operation.
        while first == "lock" && !rest.is_empty() && !rest.starts_with(['[', '%']) {
            let (word, after) = split(rest);
            mnemonic = format!("{mnemonic} {word}");
            rest = after;
        }
        let operands = if rest.is_empty() { Vec::new() } else { rest.split(',').map(str::trim).collect() };
        Words { mnemonic, operands }
    }

    fn take<const N: usize>(&self) -> Result<[&'a str; N], Kind> {
        self.operands.as_slice().try_into().map_err(|_| Kind::Operands {
            mnemonic: self.mnemonic.clone(),
            want: N,
            found: self.operands.len(),
        })
    }
}

fn split(text: &str) -> (&str, &str) {
    match text.split_once(char::is_whitespace) {
        Some((first, rest)) => (first, rest.trim_start()),
        None => (text, ""),
    }
}

/// Parses one instruction; its target, if any, is to be filled in.
pub(super) fn parse(text: &str) -> Parsed {
    let words = Words::new(text);
    match words.mnemonic.as_str() {
        "exit" => words.take::<0>().map(|[]| (Insn::Exit, None)),
        "ja" => jump(&words, false),
        "ja32" => jump(&words, true),
        "call" => call(&words),
        "lddw" => {
            let [dst, value] = words.take()?;
            Ok((Insn::LoadImm { dst: register(dst)?, value: number64(value)? }, None))
        }
        name => {
            let class = memory(name, &words)
                .or_else(|| locked(name, &words))
                .or_else(|| unary(name, &words))
                .or_else(|| alu(name, &words))
                .or_else(|| branch(name, &words));
            class.unwrap_or_else(|| Err(Kind::Mnemonic(name.to_owned())))
        }
    }
}

fn jump(words: &Words<'_>, long: bool) -> Parsed {
    let [target] = words.take()?;
    Ok((Insn::Jump { target: 0, long }, Some(goal(target)?)))
}

/// `call 5`, `call helper 5`, `call runtime 5`, `call local name`, `call %r2`.
fn call(words: &Words<'_>) -> Parsed {
    let [target] = words.take()?;
    let callee = match split(target) {
        ("local", target) => return Ok((Insn::Call(Callee::Local(0)), Some(goal(target)?))),
        ("runtime", id) => Callee::Kfunc(number32(id)?),
        ("helper", id) => Callee::Helper(number32(id)? as u32),
        _ if target.starts_with('%') => Callee::Reg(register(target)?),
        _ => Callee::Helper(number32(target)? as u32),
    };
    Ok((Insn::Call(callee), None))
}

/// `ldxw`, `ldxsw`, `stw`, `stxw` and their sizes.
fn memory(name: &str, words: &Words<'_>) -> Option<Parsed> {
    let rest = name.strip_prefix("ld").or_else(|| name.strip_prefix("st"))?;
    let (register_form, rest) = rest.strip_prefix('x').map_or((false, rest), |rest| (true, rest));
    let load = name.starts_with("ld");
    let signed = rest.strip_prefix('s').filter(|_| load);
    let size = Size::from_suffix(signed.unwrap_or(rest))?;
    if load && (!register_form || signed.is_some() && size == Size::DW) {
        return None;
    }
    Some(words.take().and_then(|[left, right]| {
        if load {
            let (base, off) = address(right)?;
            return Ok((Insn::Load { size, signed: signed.is_some(), dst: register(left)?, base, off }, None));
        }
        let (base, off) = address(left)?;
        let src = if register_form { Operand::Reg(register(right)?) } else { Operand::Imm(number32(right)?) };
        Ok((Insn::Store { size, base, off, src }, None))
    }))
}

/// `lock add`, `lock fetch add32`, `lock xchg`.
fn locked(name: &str, words: &Words<'_>) -> Option<Parsed> {
    let name = name.strip_prefix("lock ")?;
    let (name, size) = name.strip_suffix("32").map_or((name, Size::DW), |name| (name, Size::W));
    let op = AtomicOp::from_name(&name.replace("fetch ", "fetch_"))?;
    Some(words.take().and_then(|[left, right]| {
        let (base, off) = address(left)?;
        Ok((Insn::Atomic { op, size, base, off, src: register(right)? }, None))
    }))
}

/// `neg`, `neg32`, `be16`, and `swap16` for `bswap16`.
fn unary(name: &str, words: &Words<'_>) -> Option<Parsed> {
    let (op, width) = match name {
        "neg" => (UnaryOp::Neg, Width::W64),
        "neg32" => (UnaryOp::Neg, Width::W32),
        swap => {
            let full = if swap.starts_with("swap") { format!("b{swap}") } else { swap.to_owned() };
            let op = UnaryOp::from_name(&full)?;
            (op, op.class_width()?)
        }
    };
    Some(words.take().and_then(|[dst]| Ok((Insn::Unary { op, width, dst: register(dst)? }, None))))
}

/// 64 bits without a suffix, 32 with it; sign-extending moves always have one (`movsx832`, `movsx3264`).
fn alu(name: &str, words: &Words<'_>) -> Option<Parsed> {
    let plain = |op: &AluOp| !op.is_movsx();
    let moves = |name| AluOp::from_name(name).filter(|op| op.is_movsx());
    let narrow = name.strip_suffix("32");
    let wide = name.strip_suffix("64");
    let (op, width) = None
        .or_else(|| Some((AluOp::from_name(name).filter(plain)?, Width::W64)))
        .or_else(|| Some((narrow.and_then(AluOp::from_name)?, Width::W32)))
        .or_else(|| Some((wide.and_then(moves)?, Width::W64)))?;
    if !op.exists(width, true) {
        return None;
    }
    Some(words.take().and_then(|[dst, src]| {
        let src = if op.is_movsx() { Operand::Reg(register(src)?) } else { operand(src)? };
        Ok((Insn::Alu { op, width, dst: register(dst)?, src }, None))
    }))
}

fn branch(name: &str, words: &Words<'_>) -> Option<Parsed> {
    let (name, width) = name.strip_suffix("32").map_or((name, Width::W64), |name| (name, Width::W32));
    let cond = Cond::from_name(name)?;
    Some(words.take().and_then(|[dst, src, target]| {
        let insn = Insn::Branch { cond, width, dst: register(dst)?, src: operand(src)?, target: 0 };
        Ok((insn, Some(goal(target)?)))
    }))
}

fn expected<T>(want: &'static str, found: &str) -> Result<T, Kind> {
    Err(Kind::Expected { want, found: found.to_owned() })
}

fn register(text: &str) -> Result<Reg, Kind> {
    let number = text.strip_prefix("%r").filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()));
    match number.and_then(|digits| digits.parse().ok()).and_then(Reg::new) {
        Some(reg) => Ok(reg),
        None => expected("a register %r0 to %r10", text),
    }
}

fn operand(text: &str) -> Result<Operand, Kind> {
    if text.starts_with('%') { register(text).map(Operand::Reg) } else { number32(text).map(Operand::Imm) }
}

/// The bits of a hexadecimal number, or a signed decimal one.
fn number32(text: &str) -> Result<i32, Kind> {
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16)
            .map(|bits| bits as i32)
            .or_else(|_| expected("a hexadecimal number of 32 bits", text)),
        None => text.parse().or_else(|_| expected("a decimal number of 32 bits", text)),
    }
}

fn number64(text: &str) -> Result<u64, Kind> {
    let bits = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok().or_else(|| text.parse::<i64>().ok().map(|value| value as u64)),
    };
    bits.map_or_else(|| expected("a number of 64 bits", text), Ok)
}

/// `[%r1]`, `[%r1+8]`, `[%r1 - 0x8]`
fn address(text: &str) -> Result<(Reg, i16), Kind> {
    let Some(inner) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else {
        return expected("an address such as [%r1+8]", text);
    };
    let sign = inner.find(['+', '-']).unwrap_or(inner.len());
    let (base, offset) = inner.split_at(sign);
    let base = register(base.trim())?;
    if offset.is_empty() {
        return Ok((base, 0));
    }
    match distance(offset).and_then(|off| i16::try_from(off).ok()) {
        Some(off) => Ok((base, off)),
        None => expected("an offset of 16 bits", offset),
    }
}

/// A number with its sign.
fn distance(text: &str) -> Option<i64> {
    let digits = text[1..].trim_start();
    let size = match digits.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let size = i64::from(size);
    Some(if text.starts_with('-') { -size } else { size })
}

fn goal(text: &str) -> Result<Goal, Kind> {
    if text.starts_with(['+', '-']) {
        return match distance(text) {
            Some(distance) => Ok(Goal::Relative(distance)),
            None => expected("a distance in slots", text),
        };
    }
    Ok(Goal::Label(text.to_owned()))
}
