//! Tokens to a statement: what stands left of `=`, jumps, calls, stores.

use super::lex::{Token, lex};
use super::{AsmError, AsmErrorKind, Place};
use crate::alu::{AluOp, AtomicOp, Cond, Size, Width};
use crate::insn::{Callee, Insn, Operand};
use crate::opcode::ALU;
use crate::reg::Reg;

/// Where a jump, call or reference goes.
pub(super) enum Goal {
    Label(String),
    /// Slots from the next one.
    Relative(i64),
}

pub(super) type Goaled = Option<(Goal, Place)>;

pub(super) enum Statement {
    Insn(Insn, Goaled),
    /// `.type name,@function`
    Function(String),
}

/// An immediate's range in a 32-bit operation, where both readings of the top bit are the same.
pub(super) const ANY32: (i128, i128) = (i32::MIN as i128, u32::MAX as i128);
/// An immediate's range in a 64-bit operation, which sign-extends it.
pub(super) const SIGNED32: (i128, i128) = (i32::MIN as i128, i32::MAX as i128);

/// The tokens of a line, taken one by one.
pub(super) struct Line<'a> {
    tokens: Vec<(Token<'a>, Place)>,
    at: usize,
    end: Place,
}

impl<'a> Line<'a> {
    pub(super) fn new(number: u32, text: &'a str) -> Result<Line<'a>, AsmError> {
        let end = Place { line: number, column: text.chars().count() as u32 + 1 };
        Ok(Line { tokens: lex(number, text)?, at: 0, end })
    }

    pub(super) fn at_end(&self) -> bool {
        self.at == self.tokens.len()
    }

    pub(super) fn peek(&self) -> Option<Token<'a>> {
        self.peek_nth(0)
    }

    pub(super) fn peek_nth(&self, n: usize) -> Option<Token<'a>> {
        self.tokens.get(self.at + n).map(|t| t.0)
    }

    /// Where the next token stands.
    pub(super) fn place(&self) -> Place {
        self.tokens.get(self.at).map_or(self.end, |t| t.1)
    }

    pub(super) fn expected<T>(&self, want: &'static str) -> Result<T, AsmError> {
        let found = match self.peek() {
            None => "the end of the line".to_owned(),
            Some(Token::Word(text) | Token::Sign(text)) => format!("`{text}`"),
            Some(Token::Number(value)) => format!("`{value}`"),
        };
        Err(self.place().error(AsmErrorKind::Expected { want, found }))
    }

    pub(super) fn take(&mut self, token: Token<'_>) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    pub(super) fn sign(&mut self, sign: &'static str) -> Result<(), AsmError> {
        if self.take(Token::Sign(sign)) { Ok(()) } else { self.expected(sign) }
    }

    pub(super) fn word(&mut self, want: &'static str) -> Result<&'a str, AsmError> {
        match self.peek() {
            Some(Token::Word(word)) => {
                self.at += 1;
                Ok(word)
            }
            Some(Token::Number(_) | Token::Sign(_)) | None => self.expected(want),
        }
    }

    pub(super) fn end(&self) -> Result<(), AsmError> {
        if self.at_end() { Ok(()) } else { self.expected("the end of the line") }
    }

    /// `name:`
    pub(super) fn label(&mut self) -> Option<(&'a str, Place)> {
        let (Some(Token::Word(name)), Some(Token::Sign(":"))) = (self.peek(), self.peek_nth(1)) else {
            return None;
        };
        let place = self.place();
        self.at += 2;
        Some((name, place))
    }

    pub(super) fn statement(&mut self) -> Result<Statement, AsmError> {
        let plain = |insn| Ok(Statement::Insn(insn, None));
        if let Some((dst, width)) = self.peek().and_then(register) {
            self.at += 1;
            return self.assignment(dst, width);
        }
        if self.peek() == Some(Token::Sign("*")) {
            return plain(self.store()?);
        }
        let place = self.place();
        match self.word("an instruction")? {
            "exit" => plain(Insn::Exit),
            "goto" => self.jump(|target| Insn::Jump { target, long: false }),
            "gotol" => self.jump(|target| Insn::Jump { target, long: true }),
            "may_goto" => self.jump(|target| Insn::MayGoto { target }),
            "if" => self.branch(),
            "call" => self.call(),
            "callx" => {
                let callee = self.register_of(Width::W64)?;
                plain(Insn::Call(Callee::Reg(callee)))
            }
            "lock" => plain(self.lock()?),
            "store_release" => plain(self.store_release()?),
            "poison" => plain(Insn::Poison(self.index()?)),
            ".type" => self.function(),
            other => Err(place.error(AsmErrorKind::Expected { want: "an instruction", found: format!("`{other}`") })),
        }
    }

    fn function(&mut self) -> Result<Statement, AsmError> {
        let name = self.word("a label")?.to_owned();
        self.sign(",")?;
        self.sign("@")?;
        if !self.take(Token::Word("function")) {
            return self.expected("function");
        }
        Ok(Statement::Function(name))
    }

    fn assignment(&mut self, dst: Reg, width: Width) -> Result<Statement, AsmError> {
        if self.take(Token::Sign("=")) {
            return self.value(dst, width);
        }
        let op = self.operator("an assignment", |sign| {
            let sign = sign.strip_suffix('=')?;
            let row = ALU.iter().find(|row| !row.op.is_movsx() && row.op.sign() == sign)?;
            Some(row.op)
        })?;
        let src = self.operand(width)?;
        Ok(Statement::Insn(Insn::Alu { op, width, dst, src }, None))
    }

    /// An operator that a signed form writes with an `s` before it.
    fn operator<T>(&mut self, want: &'static str, find: impl Fn(&str) -> Option<T>) -> Result<T, AsmError> {
        let found = match (self.peek(), self.peek_nth(1)) {
            (Some(Token::Sign(sign)), _) => find(sign).map(|op| (op, 1)),
            (Some(Token::Word("s")), Some(Token::Sign(sign))) => find(&format!("s{sign}")).map(|op| (op, 2)),
            _ => None,
        };
        match found {
            Some((op, tokens)) => {
                self.at += tokens;
                Ok(op)
            }
            None => self.expected(want),
        }
    }

    /// A register of that width, or an immediate.
    pub(super) fn operand(&mut self, width: Width) -> Result<Operand, AsmError> {
        match self.peek() {
            Some(Token::Word(_)) => self.register_of(width).map(Operand::Reg),
            Some(Token::Number(_) | Token::Sign(_)) | None => {
                let range = if width == Width::W32 { ANY32 } else { SIGNED32 };
                self.number(range).map(|imm| Operand::Imm(imm as i32))
            }
        }
    }

    /// A number, perhaps with a minus.
    pub(super) fn number(&mut self, (min, max): (i128, i128)) -> Result<i128, AsmError> {
        let place = self.place();
        let minus = self.take(Token::Sign("-"));
        let Some(Token::Number(value)) = self.peek() else {
            return self.expected("a register or a number");
        };
        let value = if minus { -value } else { value };
        if value < min || value > max {
            return Err(place.error(AsmErrorKind::Range { value, min, max }));
        }
        self.at += 1;
        Ok(value)
    }

    /// `[7]`
    pub(super) fn index(&mut self) -> Result<u32, AsmError> {
        self.sign("[")?;
        let index = self.number((0, u32::MAX.into()))?;
        self.sign("]")?;
        Ok(index as u32)
    }

    pub(super) fn register_of(&mut self, width: Width) -> Result<Reg, AsmError> {
        match self.peek().and_then(register) {
            Some((reg, found)) if found == width => {
                self.at += 1;
                Ok(reg)
            }
            Some(_) | None => self.expected(match width {
                Width::W32 => "a register w0 to w10",
                Width::W64 => "a register r0 to r10",
            }),
        }
    }

    /// The register of a memory access: `r` for 8 bytes, either letter for less.
    pub(super) fn register_for(&mut self, size: Size) -> Result<Reg, AsmError> {
        match self.peek().and_then(register) {
            Some((_, Width::W32)) if size != Size::DW => self.register_of(Width::W32),
            Some(_) | None => self.register_of(Width::W64),
        }
    }

    /// `label`, `+3` or `-3`.
    pub(super) fn goal(&mut self) -> Result<(Goal, Place), AsmError> {
        let place = self.place();
        if let Some(Token::Word(name)) = self.peek() {
            self.at += 1;
            return Ok((Goal::Label(name.to_owned()), place));
        }
        if !self.take(Token::Sign("+")) && self.peek() != Some(Token::Sign("-")) {
            return self.expected("a label, or a distance with its sign");
        }
        let distance = self.number(SIGNED32)?;
        Ok((Goal::Relative(distance as i64), place))
    }

    /// `label`, `pc+3` or `pc-3`: how calls and references are written, where `+3` would look like a number.
    pub(super) fn place_of_code(&mut self) -> Result<(Goal, Place), AsmError> {
        if matches!(self.peek_nth(1), Some(Token::Sign("+" | "-"))) {
            self.take(Token::Word("pc"));
        }
        self.goal()
    }

    fn jump(&mut self, insn: impl Fn(u32) -> Insn) -> Result<Statement, AsmError> {
        let goal = self.goal()?;
        Ok(Statement::Insn(insn(0), Some(goal)))
    }

    fn branch(&mut self) -> Result<Statement, AsmError> {
        let Some((dst, width)) = self.peek().and_then(register) else {
            return self.expected("a register");
        };
        self.at += 1;
        let cond = self.operator("a comparison", Cond::from_sign)?;
        let src = self.operand(width)?;
        if !self.take(Token::Word("goto")) {
            return self.expected("goto");
        }
        self.jump(|target| Insn::Branch { cond, width, dst, src, target })
    }

    fn call(&mut self) -> Result<Statement, AsmError> {
        let plain = |callee| Ok(Statement::Insn(Insn::Call(callee), None));
        match (self.peek(), self.peek_nth(1)) {
            (Some(Token::Word("kfunc")), Some(Token::Sign("["))) => {
                self.at += 2;
                let id = self.number(SIGNED32)?;
                self.sign("]")?;
                plain(Callee::Kfunc(id as i32))
            }
            (Some(Token::Word("symbol")), Some(Token::Sign("["))) => {
                self.at += 1;
                plain(Callee::Symbol(self.index()?))
            }
            (Some(Token::Word(_)), _) => {
                let goal = self.place_of_code()?;
                Ok(Statement::Insn(Insn::Call(Callee::Local(0)), Some(goal)))
            }
            _ => plain(Callee::Helper(self.number(ANY32)? as u32)),
        }
    }

    fn store(&mut self) -> Result<Insn, AsmError> {
        let size = self.pointer()?;
        let (base, off) = self.address()?;
        self.sign("=")?;
        let src = match self.peek() {
            Some(Token::Word(_)) => Operand::Reg(self.register_for(size)?),
            Some(Token::Number(_) | Token::Sign(_)) | None => {
                let range = if size == Size::DW { SIGNED32 } else { ANY32 };
                Operand::Imm(self.number(range)? as i32)
            }
        };
        Ok(Insn::Store { size, base, off, src })
    }

    /// `*(u32 *)`: the size, which must be unsigned.
    fn pointer(&mut self) -> Result<Size, AsmError> {
        self.sign("*")?;
        self.unsigned_type()
    }

    fn lock(&mut self) -> Result<Insn, AsmError> {
        let place = self.place();
        let size = self.pointer()?;
        let (base, off) = self.address()?;
        let op = self.operator("+=, |=, &= or ^=", |sign| AtomicOp::from_sign(sign.strip_suffix('=')?))?;
        let src = self.register_for(size)?;
        atomic_size(size, place)?;
        Ok(Insn::Atomic { op, size, base, off, src })
    }

    fn store_release(&mut self) -> Result<Insn, AsmError> {
        self.sign("(")?;
        let size = self.unsigned_type()?;
        let (base, off) = self.address()?;
        self.sign(",")?;
        let src = self.register_for(size)?;
        self.sign(")")?;
        Ok(Insn::StoreRelease { size, base, off, src })
    }

    pub(super) fn unsigned_type(&mut self) -> Result<Size, AsmError> {
        let place = self.place();
        match self.c_type()? {
            (size, false) => Ok(size),
            (_, true) => Err(place.error(AsmErrorKind::NoForm { what: "signed form of this access" })),
        }
    }

    /// `(u32 *)`: the size and whether it is signed.
    pub(super) fn c_type(&mut self) -> Result<(Size, bool), AsmError> {
        self.sign("(")?;
        let Some(found) = self.peek().and_then(|token| match token {
            Token::Word(word) => Size::from_c_type(word),
            Token::Number(_) | Token::Sign(_) => None,
        }) else {
            return self.expected("a type u8 to u64 or s8 to s64");
        };
        self.at += 1;
        self.sign("*")?;
        self.sign(")")?;
        Ok(found)
    }

    /// `(r1 + 8)`
    pub(super) fn address(&mut self) -> Result<(Reg, i16), AsmError> {
        self.sign("(")?;
        let found = self.register_and_offset()?;
        self.sign(")")?;
        Ok(found)
    }

    /// `r1 + 8`, or `r1`
    pub(super) fn register_and_offset(&mut self) -> Result<(Reg, i16), AsmError> {
        let base = self.register_of(Width::W64)?;
        let plus = self.take(Token::Sign("+"));
        if !plus && self.peek() != Some(Token::Sign("-")) {
            return Ok((base, 0));
        }
        let off = self.number((i16::MIN.into(), i16::MAX.into()))?;
        Ok((base, off as i16))
    }
}

/// Read-modify-writes exist on 4 and 8 bytes (RFC 9669 section 5.3).
pub(super) fn atomic_size(size: Size, place: Place) -> Result<(), AsmError> {
    if size < Size::W {
        return Err(place.error(AsmErrorKind::NoForm { what: "atomic operation on less than 4 bytes" }));
    }
    Ok(())
}

/// Whether an operation has that form, for what the type can say and the encoding cannot.
pub(super) fn alu_form(op: AluOp, width: Width, register: bool, place: Place) -> Result<(), AsmError> {
    if op.exists(width, register) {
        return Ok(());
    }
    Err(place.error(AsmErrorKind::NoForm { what: "such sign-extending move" }))
}

/// `r0` to `r10`, `w0` to `w10`.
pub(super) fn register(token: Token<'_>) -> Option<(Reg, Width)> {
    let Token::Word(word) = token else { return None };
    let width = Width::ALL.into_iter().find(|width| word.starts_with(width.letter()))?;
    let digits = &word[1..];
    if digits.starts_with('0') && digits.len() > 1 || digits.starts_with('+') {
        return None;
    }
    Some((Reg::new(digits.parse().ok()?)?, width))
}
