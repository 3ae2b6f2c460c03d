//! What a type looks like in memory, as text: two types of different objects are equal when their shapes are.

use core::fmt::Write;

use super::{Btf, Kind, TypeId};

/// Parts that one shape spells out; what is left then counts by its size alone.
const BUDGET: u32 = 4096;

impl Btf {
    /// The shape of a type: names, offsets and kinds of all that it holds by value. Names of structs, typedefs,
    /// qualifiers and what pointers point to do not matter: `{n:u64,at:{x:i32,y:i32@4}@8}16`.
    #[must_use]
    pub fn shape(&self, id: TypeId) -> String {
        let mut out = String::new();
        let mut left = BUDGET;
        self.write_shape(id, &mut left, &mut out);
        out
    }

    /// Recursion is bounded: by value, types nest at most 32 deep.
    fn write_shape(&self, id: TypeId, left: &mut u32, out: &mut String) {
        *left = left.saturating_sub(1);
        let kind = self.resolved(id);
        let size = self.size_of(id).unwrap_or(0);
        // Writing to a string cannot fail.
        let _ = match kind {
            _ if *left == 0 => write!(out, "..{size}"),
            Kind::Int { is_bool: true, .. } => write!(out, "bool{}", size * 8),
            Kind::Int { signed: true, .. } => write!(out, "i{}", size * 8),
            Kind::Int { .. } => write!(out, "u{}", size * 8),
            Kind::Float { .. } => write!(out, "f{}", size * 8),
            Kind::Enum { .. } => write!(out, "enum{}", size * 8),
            Kind::Ptr(_) => write!(out, "ptr"),
            Kind::Array { elem, len, .. } => {
                self.write_shape(*elem, left, out);
                write!(out, "[{len}]")
            }
            Kind::Struct(c) | Kind::Union(c) => {
                let mut comma = "{";
                for m in &c.members {
                    let _ = write!(out, "{comma}{}:", self.brief(m.name));
                    comma = ",";
                    self.write_shape(m.ty, left, out);
                    let _ = match (m.bit_offset, m.bits) {
                        (0, 0) => Ok(()),
                        (at, 0) => write!(out, "@{}", at / 8),
                        (at, bits) => write!(out, "@{}.{}:{bits}", at / 8, at % 8),
                    };
                    if *left == 0 {
                        break;
                    }
                }
                let open = if c.members.is_empty() { "{" } else { "" };
                write!(out, "{open}}}{size}")
            }
            _ => write!(out, "void"),
        };
    }
}
