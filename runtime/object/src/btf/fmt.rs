//! Types as C declarations.

use core::fmt::Write;

use super::{Btf, Kind, TypeId};

/// Declarators that one declaration is made of; what is left then is cut short.
const BUDGET: u32 = 16_384;
/// How deep declarations nest.
const DEPTH: u32 = 32;

struct Printer<'a> {
    btf: &'a Btf,
    left: u32,
    /// Names are cut short.
    brief: bool,
}

impl Btf {
    /// A variable of this type, as C declares it: `unsigned int counts[4]`. Without a name, the type alone.
    #[must_use]
    pub fn declare(&self, id: TypeId, name: &str) -> String {
        Printer { btf: self, left: BUDGET, brief: false }.declare(id, name.to_owned(), 0, false)
    }

    /// A type in a message: at most a few hundred bytes, whatever it is.
    pub(crate) fn declare_briefly(&self, id: TypeId) -> String {
        match self.kind(id) {
            Kind::Struct(_) | Kind::Union(_) | Kind::Enum { .. }
                if self.brief(self.types[id as usize].name).is_empty() =>
            {
                "an anonymous type".to_owned()
            }
            _ => Printer { btf: self, left: 8, brief: true }.declare(id, String::new(), 0, false),
        }
    }

    /// The definition of a struct, union or enumeration, field by field; of other types what [`declare`](Self::declare)
    /// says. Anonymous structs and unions are written out where they stand; other parts are named only.
    #[must_use]
    pub fn define(&self, id: TypeId) -> String {
        let mut printer = Printer { btf: self, left: BUDGET, brief: false };
        match self.kind(id) {
            Kind::Struct(_) | Kind::Union(_) | Kind::Enum { .. } => printer.base(id, 0, true),
            Kind::Typedef(target) => {
                format!("typedef {}", printer.declare(*target, self.name(id).to_owned(), 0, false))
            }
            _ => printer.declare(id, String::new(), 0, false),
        }
    }
}

/// A name as it may be printed: hostile ones could otherwise move a terminal's cursor or end a comment.
fn clean(name: &str) -> String {
    name.chars().map(|c| if c.is_control() || c == '*' || c == '/' { '?' } else { c }).collect()
}

fn after(qualifiers: &str, inner: String) -> String {
    let gap = if qualifiers.is_empty() || inner.is_empty() { "" } else { " " };
    format!("{qualifiers}{gap}{inner}")
}

impl Printer<'_> {
    fn name(&self, offset: u32) -> String {
        if self.brief { self.btf.brief(offset) } else { self.btf.string(offset) }.to_owned()
    }

    /// Wraps `inner` in pointers, arrays and parameters from the inside out, until a type with a name is reached.
    fn declare(&mut self, id: TypeId, inner: String, depth: u32, full: bool) -> String {
        let (mut id, mut inner, mut qualifiers) = (id, clean_name(inner), String::new());
        for _ in 0..DEPTH * 2 {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 || depth > DEPTH {
                break;
            }
            let group = |inner: String| if inner.starts_with('*') { format!("({inner})") } else { inner };
            match self.btf.kind(id) {
                Kind::Ptr(target) => {
                    inner = format!("*{}", after(&qualifiers, inner));
                    qualifiers.clear();
                    id = *target;
                }
                Kind::Array { elem, len, .. } => {
                    inner = format!("{}[{len}]", group(inner));
                    id = *elem;
                }
                Kind::FuncProto { ret, .. } => {
                    inner = format!("{}({})", group(inner), self.params(id, depth + 1));
                    id = *ret;
                }
                Kind::Const(target) => (id, qualifiers) = (*target, join("const", &qualifiers)),
                Kind::Volatile(target) => (id, qualifiers) = (*target, join("volatile", &qualifiers)),
                Kind::Restrict(target) => (id, qualifiers) = (*target, join("restrict", &qualifiers)),
                Kind::TypeTag(target) => id = *target,
                Kind::Var { ty, .. } | Kind::DeclTag { target: ty, .. } => id = *ty,
                Kind::Func { proto, .. } => id = *proto,
                Kind::Void
                | Kind::Int { .. }
                | Kind::Struct(_)
                | Kind::Union(_)
                | Kind::Enum { .. }
                | Kind::Fwd { .. }
                | Kind::Typedef(_)
                | Kind::Datasec { .. }
                | Kind::Float { .. } => {
                    let base = self.base(id, depth, full);
                    return after(&after(&qualifiers, base), inner);
                }
            }
        }
        after("/* ... */", inner)
    }

    fn params(&mut self, id: TypeId, depth: u32) -> String {
        let Kind::FuncProto { params, .. } = self.btf.kind(id) else { return String::new() };
        if params.is_empty() {
            return "void".to_owned();
        }
        let last = params.len() - 1;
        let mut out = String::new();
        for (i, p) in params.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            if self.left == 0 {
                out.push_str("/* ... */");
                break;
            }
            if i == last && p.ty == 0 && p.name == 0 {
                out.push_str("...");
            } else {
                out.push_str(&self.declare(p.ty, self.name(p.name), depth, false));
            }
        }
        out
    }

    /// The part of a declaration before the declarator.
    fn base(&mut self, id: TypeId, depth: u32, full: bool) -> String {
        let name = clean(&self.btf.get(id).map_or_else(String::new, |t| self.name(t.name)));
        let body = full || name.is_empty();
        match self.btf.kind(id) {
            Kind::Struct(_) if !body => format!("struct {name}"),
            Kind::Union(_) if !body => format!("union {name}"),
            Kind::Enum { .. } if !body => format!("enum {name}"),
            Kind::Struct(_) => after("struct", name) + &self.members(id, depth),
            Kind::Union(_) => after("union", name) + &self.members(id, depth),
            Kind::Enum { .. } => after("enum", name) + &self.values(id, depth),
            Kind::Fwd { is_union: false } => format!("struct {name}"),
            Kind::Fwd { is_union: true } => format!("union {name}"),
            Kind::Void => "void".to_owned(),
            _ => name,
        }
    }

    fn members(&mut self, id: TypeId, depth: u32) -> String {
        let (Kind::Struct(c) | Kind::Union(c)) = self.btf.kind(id) else { return String::new() };
        let pad = "    ".repeat(depth as usize);
        let mut out = String::from(" {\n");
        for m in &c.members {
            if self.left == 0 {
                break;
            }
            let field = self.declare(m.ty, self.name(m.name), depth + 1, false);
            let bits = if m.bits == 0 { String::new() } else { format!(": {}", m.bits) };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{pad}    {field}{bits};");
        }
        out + &pad + "}"
    }

    fn values(&mut self, id: TypeId, depth: u32) -> String {
        let Kind::Enum { values, signed, .. } = self.btf.kind(id) else { return String::new() };
        let pad = "    ".repeat(depth as usize);
        let mut out = String::from(" {\n");
        for v in values {
            self.left = self.left.saturating_sub(1);
            if self.left == 0 {
                break;
            }
            let name = clean(&self.name(v.name));
            let _ = if *signed {
                writeln!(out, "{pad}    {name} = {},", v.value as i64)
            } else {
                writeln!(out, "{pad}    {name} = {},", v.value)
            };
        }
        out + &pad + "}"
    }
}

/// Cleans what is a name still; what was put together here is clean and has stars.
fn clean_name(inner: String) -> String {
    if inner.contains(|c: char| c.is_control() || c == '/' || c == '*') { clean(&inner) } else { inner }
}

fn join(word: &str, qualifiers: &str) -> String {
    if qualifiers.is_empty() { word.to_owned() } else { format!("{qualifiers} {word}") }
}
