//! What stands right of `=`.

use super::lex::Token;
use super::line::{ANY32, Line, SIGNED32, Statement, alu_form, atomic_size, register};
use super::{AsmError, AsmErrorKind};
use crate::alu::{AluOp, AtomicOp, Size, UnaryOp, Width};
use crate::insn::{Insn, Operand, Ref};
use crate::opcode::ALU;
use crate::reg::Reg;

impl Line<'_> {
    /// The rest of `dst = ..`.
    pub(super) fn value(&mut self, dst: Reg, width: Width) -> Result<Statement, AsmError> {
        let insn = match (self.peek(), self.peek_nth(1)) {
            (Some(Token::Sign("-")), Some(Token::Word(_))) => self.negation(dst, width)?,
            (Some(Token::Number(_) | Token::Sign("-")), _) => self.immediate(dst, width)?,
            (Some(Token::Sign("*")), _) => self.load(dst, width)?,
            (Some(Token::Sign("(")), _) => self.cast(dst, width)?,
            (Some(token), _) if register(token).is_some() => {
                let src = Operand::Reg(self.register_of(width)?);
                Insn::Alu { op: AluOp::Mov, width, dst, src }
            }
            (Some(Token::Word("func")), Some(Token::Word(_))) => return self.function_ref(dst, width),
            _ => self.named(dst, width)?,
        };
        Ok(Statement::Insn(insn, None))
    }

    fn negation(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        self.sign("-")?;
        self.same(dst, width)?;
        Ok(Insn::Unary { op: UnaryOp::Neg, width, dst })
    }

    /// The destination once more, where the instruction has one register only.
    fn same(&mut self, dst: Reg, width: Width) -> Result<(), AsmError> {
        let place = self.place();
        if self.register_of(width)? == dst {
            return Ok(());
        }
        Err(place.error(AsmErrorKind::NoForm { what: "form of this instruction with two different registers" }))
    }

    fn immediate(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        let minus = usize::from(self.peek() == Some(Token::Sign("-")));
        if self.peek_nth(minus + 1) == Some(Token::Word("ll")) {
            let value = self.number((i64::MIN.into(), u64::MAX.into()))? as u64;
            self.ll(width)?;
            return Ok(Insn::LoadImm { dst, value });
        }
        let imm = self.number(if width == Width::W32 { ANY32 } else { SIGNED32 })? as i32;
        Ok(Insn::Alu { op: AluOp::Mov, width, dst, src: Operand::Imm(imm) })
    }

    /// `ll`, which loads all 64 bits.
    fn ll(&mut self, width: Width) -> Result<(), AsmError> {
        let place = self.place();
        if !self.take(Token::Word("ll")) {
            return self.expected("ll");
        }
        match width {
            Width::W64 => Ok(()),
            Width::W32 => Err(place.error(AsmErrorKind::NoForm { what: "64-bit immediate load into a w register" })),
        }
    }

    fn function_ref(&mut self, dst: Reg, width: Width) -> Result<Statement, AsmError> {
        self.take(Token::Word("func"));
        let goal = self.place_of_code()?;
        self.ll(width)?;
        Ok(Statement::Insn(Insn::LoadRef { dst, target: Ref::Func(0) }, Some(goal)))
    }

    /// `*(s16 *)(r1 + 2)` or `*(u16 *)skb[..]`
    fn load(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        let place = self.place();
        self.sign("*")?;
        let (size, signed) = self.c_type()?;
        if self.take(Token::Word("skb")) {
            if signed || size == Size::DW || dst != Reg::R0 {
                return Err(place.error(AsmErrorKind::NoForm { what: "packet load of that size or register" }));
            }
            return self.packet_load(size);
        }
        let (base, off) = self.address()?;
        let wide_only = signed || size == Size::DW;
        if (width == Width::W32 && wide_only) || (signed && size == Size::DW) {
            return Err(place.error(AsmErrorKind::NoForm { what: "load of that type into that register" }));
        }
        Ok(Insn::Load { size, signed, dst, base, off })
    }

    /// `[5]`, `[r1]` or `[r1 + 5]`
    fn packet_load(&mut self, size: Size) -> Result<Insn, AsmError> {
        self.sign("[")?;
        let index = match self.peek() {
            Some(Token::Word(_)) => Some(self.register_of(Width::W64)?),
            Some(Token::Number(_) | Token::Sign(_)) | None => None,
        };
        let plus = index.is_some() && self.take(Token::Sign("+"));
        let has_off = index.is_none() || plus || self.peek() == Some(Token::Sign("-"));
        let off = if has_off { self.number(SIGNED32)? as i32 } else { 0 };
        self.sign("]")?;
        Ok(Insn::PacketLoad { size, index, off })
    }

    /// `(s8)r2`
    fn cast(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        let place = self.place();
        self.sign("(")?;
        let word = self.word("s8, s16 or s32")?;
        let Some(row) = ALU.iter().find(|row| row.op.is_movsx() && row.op.sign() == word) else {
            return Err(place.error(AsmErrorKind::NoForm { what: "cast other than s8, s16 and s32" }));
        };
        self.sign(")")?;
        let src = Operand::Reg(self.register_of(width)?);
        alu_form(row.op, width, true, place)?;
        Ok(Insn::Alu { op: row.op, width, dst, src })
    }

    /// `be16 r1`, `map[0] ll`, `xchg_64(..)` and all else that begins with a name.
    fn named(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        let place = self.place();
        let word = self.word("a value")?;
        match word {
            "map" => return self.map_ref(dst, width),
            "symbol" => {
                let target = Ref::Symbol(self.index()?);
                self.ll(width)?;
                return Ok(Insn::LoadRef { dst, target });
            }
            "load_acquire" => return self.load_acquire(dst, width),
            _ => {}
        }
        if let Some(class) = UnaryOp::from_name(word).and_then(|op| Some((op, op.class_width()?))) {
            self.same(dst, width)?;
            return match class {
                (op, class) if width == Width::W64 => Ok(Insn::Unary { op, width: class, dst }),
                _ => Err(place.error(AsmErrorKind::NoForm { what: "byte swap of a w register" })),
            };
        }
        if let Some(op) = word.strip_prefix("atomic_").and_then(AtomicOp::from_name).filter(|op| op.fetches()) {
            return self.fetch(op, dst, width);
        }
        let (name, size) = match (word.strip_suffix("_64"), word.strip_suffix("32_32")) {
            (Some(name), _) => (name, Size::DW),
            (None, Some(name)) => (name, Size::W),
            (None, None) => ("", Size::DW),
        };
        match AtomicOp::from_name(name) {
            Some(op @ (AtomicOp::Xchg | AtomicOp::Cmpxchg)) => self.exchange(op, size, dst, width),
            Some(_) | None => Err(place.error(AsmErrorKind::Expected { want: "a value", found: format!("`{word}`") })),
        }
    }

    /// `map[0] ll` or `map[0][8] ll`
    fn map_ref(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        let map = self.index()?;
        let target = match self.peek() {
            Some(Token::Sign("[")) => Ref::MapValue { map, off: self.index()? },
            Some(Token::Sign(_) | Token::Word(_) | Token::Number(_)) | None => Ref::Map(map),
        };
        self.ll(width)?;
        Ok(Insn::LoadRef { dst, target })
    }

    /// The left register of a memory operation: `r`, or `w` where it holds less than 8 bytes.
    fn fits(&self, size: Size, width: Width) -> Result<(), AsmError> {
        if size == Size::DW && width == Width::W32 {
            return Err(self.place().error(AsmErrorKind::NoForm { what: "8-byte access of a w register" }));
        }
        Ok(())
    }

    fn load_acquire(&mut self, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        self.sign("(")?;
        let size = self.unsigned_type()?;
        self.fits(size, width)?;
        let (base, off) = self.address()?;
        self.sign(")")?;
        Ok(Insn::LoadAcquire { size, dst, base, off })
    }

    /// `atomic_fetch_add((u64 *)(r1 + 0), r2)`
    fn fetch(&mut self, op: AtomicOp, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        self.sign("(")?;
        let place = self.place();
        let size = self.unsigned_type()?;
        atomic_size(size, place)?;
        self.fits(size, width)?;
        let (base, off) = self.address()?;
        self.sign(",")?;
        self.same(dst, width)?;
        self.sign(")")?;
        Ok(Insn::Atomic { op, size, base, off, src: dst })
    }

    /// `xchg_64(r1 + 0, r2)`, `cmpxchg_64(r1 + 0, r0, r2)`
    fn exchange(&mut self, op: AtomicOp, size: Size, dst: Reg, width: Width) -> Result<Insn, AsmError> {
        self.fits(size, width)?;
        self.sign("(")?;
        let (base, off) = self.register_and_offset()?;
        self.sign(",")?;
        let place = self.place();
        self.same(dst, width)?;
        let src = if op == AtomicOp::Cmpxchg {
            if dst != Reg::R0 {
                return Err(place.error(AsmErrorKind::NoForm { what: "cmpxchg that compares other than r0" }));
            }
            self.sign(",")?;
            self.register_for(size)?
        } else {
            dst
        };
        self.sign(")")?;
        Ok(Insn::Atomic { op, size, base, off, src })
    }
}
