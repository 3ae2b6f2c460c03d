//! Arguments of the program's own functions.

use stingless_isa::Reg;
use stingless_object::FuncArg;

use super::{Check, Checker, Span, fail};
use crate::obligation::Mode;
use crate::region::Region;
use crate::report::Kind;
use crate::value::Value;

impl Checker<'_> {
    /// A call of the function that starts at `target` fits: depth, and a global function's arguments.
    pub(crate) fn function(&self, target: u32) -> Check {
        if self.state.depth() >= self.env.limits.frames {
            return fail(
                Kind::TooManyFrames,
                format!(
                    "the call would be frame {} of its chain, the limit is {}",
                    self.state.depth() + 1,
                    self.env.limits.frames
                ),
            );
        }
        let subprog = self.env.unit.code.subprog_of(target as usize);
        let Some(info) = self.env.unit.funcs.get(subprog).filter(|f| f.global) else {
            return Ok(());
        };
        for (index, (arg, reg)) in info.args.iter().zip(Reg::ARGS).enumerate() {
            self.function_arg(&info.name, index + 1, arg, reg).map_err(|mut f| {
                (f.blame.reg, f.blame.argument) = (Some(reg), Some(index as u8));
                f
            })?;
        }
        Ok(())
    }

    fn function_arg(&self, name: &str, number: usize, arg: &FuncArg, reg: Reg) -> Check {
        let value = self.state.reg(reg);
        if value.is_uninit() {
            return fail(
                Kind::UninitRegister,
                format!("argument {number} of `{name}` ({reg}) was never set on this path"),
            );
        }
        let wrong = |expected: &str| {
            let maybe = if value.nullable { ", which may be NULL," } else { "" };
            fail(
                Kind::FunctionArg,
                format!("argument {number} of `{name}` is {}{maybe} where {expected} is expected", value.noun()),
            )
        };
        match arg {
            FuncArg::Scalar if value.is_scalar() => Ok(()),
            FuncArg::Scalar => wrong("a number"),
            FuncArg::Ctx if value.region() == Some(Region::Ctx) && value.fixed_off() == Some(0) => Ok(()),
            FuncArg::Ctx => wrong("the context"),
            FuncArg::Mem { .. } if fault!(107) && value.as_constant() == Some(0) => Ok(()),
            FuncArg::Mem { nullable: true, .. } if value.as_constant() == Some(0) => Ok(()),
            FuncArg::Mem { size, nullable } => {
                if !value.is_ptr() || value.nullable && !nullable || value.region() == Some(Region::Ctx) {
                    return wrong("a pointer to memory");
                }
                let value = Value { nullable: false, ..*value };
                let span = Span::of_helper(i64::from(*size));
                self.access(&value, span, Mode::Read, reg)?;
                self.access(&value, span, Mode::Write, reg)
            }
            FuncArg::Unsupported(why) => {
                fail(Kind::UnsupportedFunction, format!("argument {number} of `{name}` cannot be checked: {why}"))
            }
        }
    }
}
