//! One program of an object, made ready to be verified. Pure: object and environment give the unit.

mod env;
mod error;
pub(crate) mod info;
mod kconfig;
mod resolve;

pub use env::Env;
pub use error::{LinkError, LinkErrorKind, Place};
pub use kconfig::{KconfigError, KconfigValue};

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use stingless_isa::{Callee, Code, CodeError, Insn, Ref};

use crate::btf::HostTypes;
use crate::error::budget;
use crate::func::{FaultKind, Func};
use crate::license::is_gpl_compatible;
use crate::object_file::Object;
use crate::relo::Relocator;
use crate::unit::{FuncInfo, LineInfo, Poison, Unit, UnitMap};
use resolve::PoisonKey;

/// Links one program: its function, and those that it calls or refers to, one after another.
///
/// # Errors
/// Code that cannot be decoded, maps that cannot exist, values that do not fit. References that cannot be resolved
/// are no errors: they become poison.
pub fn link(object: &Object, program: usize, env: &Env) -> Result<Unit, LinkError> {
    let programs = object.programs();
    let Some(def) = programs.get(program) else {
        let kind = LinkErrorKind::NoProgram { index: program, count: programs.len() };
        return Err(LinkError { program: "".into(), at: None, kind });
    };
    let fail = |(at, kind)| LinkError { program: def.name.clone(), at, kind };
    let [own, more] = hook_types(object, env).map_err(|kind| fail((None, kind)))?;
    let hosts = own.iter().chain(env.types.iter().map(|t| &**t)).chain(&more).collect();
    let mut linker = Linker::new(object, env, Relocator::new(object.btf().map(|b| &**b), hosts));
    linker.place_all(def.func).map_err(fail)?;
    linker.finish(&def.name, &def.section).map_err(fail)
}

/// A failure before the program's name is put to it.
type Failure = (Option<Box<Place>>, LinkErrorKind);

/// The types that the hook brings along, where the object asks for any: its context's, and those that this leads to.
fn hook_types(object: &Object, env: &Env) -> Result<[Option<HostTypes>; 2], LinkErrorKind> {
    if object.funcs.iter().all(|f| f.relos.is_empty()) {
        return Ok([None, None]);
    }
    let parse = |bytes: &[u8]| {
        let types = (!bytes.is_empty()).then(|| HostTypes::parse(bytes));
        types.transpose().map_err(LinkErrorKind::HookTypes)
    };
    Ok([parse(&env.hook.btf)?, parse(&env.hook.types)?])
}

struct Linker<'a> {
    object: &'a Object,
    relocator: Relocator<'a>,
    env: &'a Env,
    insns: Vec<Insn>,
    /// Functions in the order they are placed in.
    order: Vec<u32>,
    /// First instruction of each placed function; `u32::MAX` for those that are in `order` only.
    starts: BTreeMap<u32, u32>,
    /// Instructions whose target is still a function's index.
    fixups: Vec<u32>,
    /// Helpers by the symbol that names them.
    helpers: BTreeMap<u32, Option<u32>>,
    maps: Vec<UnitMap>,
    /// The unit's index of an object's map.
    map_index: BTreeMap<u32, u32>,
    poison: Vec<Poison>,
    poison_index: BTreeMap<PoisonKey, u32>,
    lines: Vec<LineInfo>,
    /// File names and lines by their offset in BTF.
    strings: BTreeMap<u32, Arc<str>>,
    /// Bytes in `strings`.
    text: usize,
}

impl<'a> Linker<'a> {
    fn new(object: &'a Object, env: &'a Env, relocator: Relocator<'a>) -> Linker<'a> {
        Linker {
            object,
            relocator,
            env,
            insns: Vec::new(),
            order: Vec::new(),
            starts: BTreeMap::new(),
            fixups: Vec::new(),
            helpers: BTreeMap::new(),
            maps: Vec::new(),
            map_index: BTreeMap::new(),
            poison: Vec::new(),
            poison_index: BTreeMap::new(),
            lines: Vec::new(),
            strings: BTreeMap::new(),
            text: 0,
        }
    }

    /// Copies the entry, then whatever is reached from what was copied, in the order it is met.
    fn place_all(&mut self, entry: u32) -> Result<(), Failure> {
        self.starts.insert(entry, 0);
        self.order.push(entry);
        // Nothing refers to it but a tag.
        if let Some(func) = exception_callback(self.object, entry)
            && let Entry::Vacant(new) = self.starts.entry(func)
        {
            new.insert(u32::MAX);
            self.order.push(func);
        }
        let mut next = 0;
        while let Some(&index) = self.order.get(next) {
            self.starts.insert(index, self.insns.len() as u32);
            self.copy(index)?;
            next += 1;
        }
        for &at in &self.fixups {
            if let Some(target) = self.insns[at as usize].index_mut() {
                *target = self.starts.get(target).copied().unwrap_or(u32::MAX);
            }
        }
        Ok(())
    }

    fn copy(&mut self, index: u32) -> Result<(), Failure> {
        let object = self.object;
        let func = &object.funcs[index as usize];
        let slots = func.body.as_ref().map_err(|fault| {
            let kind = match &fault.kind {
                FaultKind::Decode(kind) => LinkErrorKind::Decode(kind.clone()),
                FaultKind::Relocation => LinkErrorKind::Relocation,
            };
            (Some(place(object, func, fault.slot)), kind)
        })?;
        let base = self.insns.len() as u32;
        let found = self.insns.len() + slots.insns.len();
        if found > budget::INSNS {
            return Err((None, LinkErrorKind::Instructions { limit: budget::INSNS, found }));
        }
        let mut relos = func.relos.iter().peekable();
        for (insn, at) in slots.insns.iter().zip(0..) {
            let slot = func.start + slots.slot_of(at).unwrap_or(0);
            while relos.next_if(|r| r.offset < slot).is_some() {}
            let at = |kind| (Some(place(object, func, slot)), kind);
            let mut insn = *insn;
            while let Some(relo) = relos.next_if(|r| r.offset == slot) {
                insn = self.core_relocated(relo, insn).map_err(at)?;
            }
            let insn = self.resolve(func, insn, base).map_err(at)?;
            self.insns.push(insn);
        }
        self.copy_lines(func, base);
        Ok(())
    }

    /// The next instruction refers to a function: its index stands there until all functions are placed.
    fn function(&mut self, func: u32) {
        if let Entry::Vacant(new) = self.starts.entry(func) {
            new.insert(u32::MAX);
            self.order.push(func);
        }
        self.fixups.push(self.insns.len() as u32);
    }

    fn copy_lines(&mut self, func: &Func, base: u32) {
        let Ok(slots) = &func.body else { return };
        for record in &func.lines {
            let Some(insn) = slots.insn_at(record.offset - func.start) else { continue };
            let (file, text) = (self.string(record.file), self.string(record.text));
            self.lines.push(LineInfo { insn: base + insn, file, text, line: record.line, column: record.column });
        }
    }

    /// A string of BTF, shared by all lines that have it.
    fn string(&mut self, offset: u32) -> Arc<str> {
        if let Some(known) = self.strings.get(&offset) {
            return known.clone();
        }
        let text: Arc<str> = match self.object.btf() {
            Some(btf) if self.text <= budget::LINE_TEXT => btf.text(offset).into(),
            Some(_) | None => "".into(),
        };
        self.text += text.len();
        self.strings.insert(offset, text.clone());
        text
    }

    fn finish(self, name: &str, section: &str) -> Result<Unit, Failure> {
        let object = self.object;
        let btf = object.btf().map(|b| &**b);
        let exception = self.order.first().and_then(|&entry| exception_callback(object, entry));
        let called = info::called(&self.insns);
        let mut starts = Vec::with_capacity(self.order.len());
        let mut funcs: Vec<FuncInfo> = Vec::with_capacity(self.order.len());
        for (&index, at) in self.order.iter().zip(0..) {
            let func = &object.funcs[index as usize];
            let start = self.starts[&index];
            starts.push((start, func.name.to_string()));
            let global = func.global && !func.hidden && at > 0 && called.contains(&start);
            funcs.push(info::func_info(&func.name, global, btf, func.ty, &self.env.hook));
        }
        let places: Vec<u32> = starts.iter().map(|s| s.0).collect();
        let code = Code::with_subprogs(self.insns, starts)
            .map_err(|err| (at_insn(object, &self.order, &places, &err), LinkErrorKind::Code(err)))?;
        Ok(Unit {
            name: name.to_owned(),
            section: section.to_owned(),
            code,
            maps: self.maps,
            protos: self.env.protos.clone(),
            hook: self.env.hook.clone(),
            funcs,
            lines: self.lines,
            poison: self.poison,
            gpl: is_gpl_compatible(object.license()),
            exception_callback: exception.and_then(|func| self.order.iter().position(|&f| f == func)),
        })
    }
}

/// The function that a program's tag names as its callback for exceptions (`__exception_cb(name)`).
fn exception_callback(object: &Object, entry: u32) -> Option<u32> {
    let ty = object.funcs.get(entry as usize)?.ty;
    let name = object.btf()?.tags(ty, None).take(16).find_map(|tag| tag.strip_prefix("exception_callback:"))?;
    object.funcs.iter().position(|f| *f.name == *name).and_then(|at| u32::try_from(at).ok())
}

/// A slot of a function as people look for it.
fn place(object: &Object, func: &Func, slot: u32) -> Box<Place> {
    let after = func.lines.partition_point(|l| l.offset <= slot);
    let line = after.checked_sub(1).map(|i| func.lines[i]);
    let line = line.zip(object.btf()).map(|(l, btf)| (btf.text(l.file).into(), l.line));
    let section = object.sections[func.section as usize].clone();
    Box::new(Place { section, function: func.name.clone(), slot, line })
}

/// The place in the object of the linked instruction that an error is about.
fn at_insn(object: &Object, order: &[u32], starts: &[u32], err: &CodeError) -> Option<Box<Place>> {
    let insn = match *err {
        CodeError::TargetOutOfRange { insn, .. }
        | CodeError::JumpAcrossSubprogs { insn, .. }
        | CodeError::FallsThrough { insn }
        | CodeError::BadSubprogs { insn } => insn,
        _ => 0,
    };
    let at = starts.partition_point(|&s| s <= insn).checked_sub(1)?;
    let func = &object.funcs[*order.get(at)? as usize];
    let slots = func.body.as_ref().ok()?;
    Some(place(object, func, func.start + slots.slot_of(insn - starts[at])?))
}

/// Whether an instruction names a function, by its number in the object while it is being linked.
const fn names_function(insn: &Insn) -> bool {
    matches!(insn, Insn::Call(Callee::Local(_)) | Insn::LoadRef { target: Ref::Func(_), .. })
}
