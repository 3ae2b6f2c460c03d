//! `.BTF.ext`: which function, which line, and which relocation an instruction has.

use std::collections::BTreeMap;

use super::parse::{Cursor, part, preamble};
use super::types::{BtfError, BtfErrorKind as E, TypeId};
use super::{Btf, Kind};

/// Records by section name, then in order of their offset. Offsets are in bytes, as in the file.
#[derive(Debug, Default)]
pub(crate) struct Ext {
    pub(crate) funcs: BTreeMap<String, Vec<FuncRecord>>,
    pub(crate) lines: BTreeMap<String, Vec<LineRecord>>,
    pub(crate) relos: BTreeMap<String, Vec<CoreRelo>>,
}

/// `struct bpf_func_info`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FuncRecord {
    pub(crate) offset: u32,
    /// A `Func`.
    pub(crate) ty: TypeId,
}

/// `struct bpf_line_info`: strings are offsets into the BTF's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LineRecord {
    pub(crate) offset: u32,
    pub(crate) file: u32,
    pub(crate) text: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// `struct bpf_core_relo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreRelo {
    pub(crate) offset: u32,
    /// Root type of the access.
    pub(crate) ty: TypeId,
    /// The access, as a string of indices.
    pub(crate) access: u32,
    /// `enum bpf_core_relo_kind`.
    pub(crate) kind: u32,
}

impl CoreRelo {
    /// What is accessed, about as C writes it: `struct task_struct::pid`. Cut short: an object may hold a million of
    /// these, each with the longest names.
    pub(crate) fn describe(&self, btf: &Btf) -> String {
        let mut out = btf.declare_briefly(self.ty);
        let mut ty = self.ty;
        if let Kind::Enum { values, .. } = btf.resolved(ty) {
            if let Some(value) = btf.brief(self.access).parse::<usize>().ok().and_then(|n| values.get(n)) {
                out.push_str("::");
                out.push_str(btf.brief(value.name));
            }
            return out;
        }
        // The first number is an index of the pointer itself.
        for step in btf.brief(self.access).split(':').skip(1) {
            let Ok(index) = step.parse::<usize>() else { break };
            if out.len() > 128 {
                break;
            }
            match btf.resolved(ty) {
                Kind::Struct(c) | Kind::Union(c) => {
                    let Some(member) = c.members.get(index) else { break };
                    out.push_str("::");
                    out.push_str(btf.brief(member.name));
                    ty = member.ty;
                }
                Kind::Array { elem, .. } => {
                    out.push_str(&format!("[{index}]"));
                    ty = *elem;
                }
                _ => break,
            }
        }
        out
    }
}

impl Ext {
    pub(crate) fn parse(data: &[u8], btf: &Btf) -> Result<Ext, BtfError> {
        let header = preamble(data, 24)?;
        let mut c = Cursor::new(&data[8..], 8);
        let has_relos = header >= 32;
        let mut table = |present: bool, what| {
            if !present {
                return Ok((&[][..], 0));
            }
            let (off, len) = (c.u32("the header")?, c.u32("the header")?);
            Ok((part(data, header, off, len, what)?, header + u64::from(off)))
        };
        let (funcs, lines) = (table(true, "the function records")?, table(true, "the line records")?);
        let relos = table(has_relos, "the relocation records")?;
        let mut ext = Ext {
            funcs: records(funcs, 8, btf, |offset, c| Ok(FuncRecord { offset, ty: c.u32("a function record")? }))?,
            lines: records(lines, 16, btf, line)?,
            relos: records(relos, 16, btf, relo)?,
        };
        ext.funcs.values_mut().for_each(|v| v.sort_by_key(|r| r.offset));
        ext.lines.values_mut().for_each(|v| v.sort_by_key(|r| r.offset));
        ext.relos.values_mut().for_each(|v| v.sort_by_key(|r| r.offset));
        Ok(ext)
    }
}

fn line(offset: u32, c: &mut Cursor<'_>) -> Result<LineRecord, BtfError> {
    let mut word = || c.u32("a line record");
    let (file, text, place) = (word()?, word()?, word()?);
    Ok(LineRecord { offset, file, text, line: place >> 10, column: place & 0x3ff })
}

fn relo(offset: u32, c: &mut Cursor<'_>) -> Result<CoreRelo, BtfError> {
    let mut word = || c.u32("a relocation record");
    Ok(CoreRelo { offset, ty: word()?, access: word()?, kind: word()? })
}

/// Reads a table: the size of a record, then per section its name and number of records, then the records. Records
/// may be longer than known: the rest is skipped, as Linux does.
fn records<T>(
    (data, at): (&[u8], u64),
    least: u32,
    btf: &Btf,
    read: impl Fn(u32, &mut Cursor<'_>) -> Result<T, BtfError>,
) -> Result<BTreeMap<String, Vec<T>>, BtfError> {
    let mut out = BTreeMap::<String, Vec<T>>::new();
    if data.is_empty() {
        return Ok(out);
    }
    let mut c = Cursor::new(data, at);
    let size = c.u32("a table")?;
    if size < least || size % 4 != 0 || size > 256 {
        return Err(BtfError { offset: at, kind: E::Field { what: "the size of a record", found: size.into() } });
    }
    while !c.is_empty() {
        let name = c.u32("a section's records")?;
        let count = c.u32("a section's records")?;
        let start = c.offset();
        let bytes = c.skip("a section's records", u64::from(count) * u64::from(size))?;
        let section = out.entry(btf.string(name).to_owned()).or_default();
        for (record, index) in bytes.chunks_exact(size as usize).zip(0u64..) {
            let mut c = Cursor::new(record, start + index * u64::from(size));
            let offset = c.u32("a record")?;
            section.push(read(offset, &mut c)?);
        }
    }
    Ok(out)
}

/// The record of the function that starts at a byte offset, if its type is a function.
pub(crate) fn func_at(records: &[FuncRecord], offset: u64, btf: &Btf) -> Option<TypeId> {
    let at = records.binary_search_by_key(&offset, |r| r.offset.into()).ok()?;
    let ty = records[at].ty;
    matches!(btf.get(ty)?.kind, Kind::Func { .. }).then_some(ty)
}
