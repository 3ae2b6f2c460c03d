//! A host's types, ready to be searched by name: what CO-RE relocates against.

use object::LittleEndian;
use object::elf::FileHeader64;
use object::read::elf::{FileHeader, SectionHeader};

use super::{Btf, TypeId};
use crate::error::{ObjectError, ObjectErrorKind, budget};

/// Longest name that is searched for, in bytes: `KSYM_NAME_LEN`, the longest that Linux gives a type.
const MAX_NAME: usize = 512;

/// Types of a host, with an index of their essential names: what stands before the last `___` (`task_struct___v2` is a
/// flavour of `task_struct`).
#[derive(Clone, Debug)]
pub struct HostTypes {
    btf: Btf,
    /// Named types, sorted by essential name, then by id.
    by_name: Box<[TypeId]>,
}

impl HostTypes {
    /// Reads types from a file's bytes: raw BTF (`/sys/kernel/btf/vmlinux`), or an ELF file with a section `.BTF`.
    ///
    /// # Errors
    /// What is malformed, or beyond [`budget::HOST_BTF`], [`budget::HOST_TYPES`] and [`budget::HOST_TYPE_DEPTH`].
    pub fn parse(data: &[u8]) -> Result<HostTypes, ObjectError> {
        let bytes = if data.starts_with(b"\x7fELF") { section(data)? } else { data };
        let btf = Btf::parse_within(bytes, budget::HOST_BTF, budget::HOST_TYPES, budget::HOST_TYPE_DEPTH)
            .map_err(|err| ObjectError::new(".BTF", err.offset, ObjectErrorKind::Btf(err.kind)))?;
        Ok(HostTypes::new(btf))
    }

    /// An index of types that are parsed already.
    #[must_use]
    pub fn new(btf: Btf) -> HostTypes {
        let named = |&id: &TypeId| (1..=MAX_NAME).contains(&btf.essential_name(id).len());
        let mut by_name: Vec<TypeId> = (1..btf.types().len() as TypeId).filter(named).collect();
        by_name.sort_by(|&a, &b| (btf.essential_name(a), a).cmp(&(btf.essential_name(b), b)));
        HostTypes { by_name: by_name.into(), btf }
    }

    /// The types.
    #[must_use]
    pub fn btf(&self) -> &Btf {
        &self.btf
    }

    /// The types with this essential name, in order of their id.
    pub(crate) fn named(&self, essential: &[u8]) -> &[TypeId] {
        let start = self.by_name.partition_point(|&id| self.btf.essential_name(id) < essential);
        let rest = &self.by_name[start..];
        &rest[..rest.partition_point(|&id| self.btf.essential_name(id) == essential)]
    }
}

impl Btf {
    /// The name of a type without its flavour.
    pub(crate) fn essential_name(&self, id: TypeId) -> &[u8] {
        essential(self.get(id).map_or(&[], |t| self.name_bytes(t.name)))
    }
}

/// A name up to its last `___` that has other characters on both sides.
pub(crate) fn essential(name: &[u8]) -> &[u8] {
    let cut = name.windows(5).rposition(|w| w[0] != b'_' && &w[1..4] == b"___" && w[4] != b'_');
    cut.map_or(name, |at| &name[..=at])
}

/// The bytes of `.BTF` in an ELF file for any machine.
fn section(data: &[u8]) -> Result<&[u8], ObjectError> {
    let header =
        FileHeader64::<LittleEndian>::parse(data).map_err(|_| ObjectError::file(0, ObjectErrorKind::NotElf))?;
    let broken = |what| {
        let limit = data.len() as u64;
        move |_| ObjectError::file(0, ObjectErrorKind::Malformed { what, found: limit, limit })
    };
    if header.endian().is_err() {
        return Err(ObjectError::file(5, ObjectErrorKind::BigEndian));
    }
    let sections = header.sections(LittleEndian, data).map_err(broken("the section table's end"))?;
    let Some((_, section)) = sections.section_by_name(LittleEndian, b".BTF") else {
        return Err(ObjectError::file(0, ObjectErrorKind::NoTypes));
    };
    section.data(LittleEndian, data).map_err(broken("the end of `.BTF`"))
}

#[cfg(test)]
mod tests {
    use super::essential;

    #[test]
    fn flavours_are_cut_off() {
        let cases: [(&str, &str); 9] = [
            ("task", "task"),
            ("task___v2", "task"),
            ("a___b", "a"),
            ("a___b___c", "a___b"),
            ("task____v2", "task____v2"),
            ("___task", "___task"),
            ("task___", "task___"),
            ("t__x", "t__x"),
            ("", ""),
        ];
        for (name, want) in cases {
            assert_eq!(essential(name.as_bytes()), want.as_bytes(), "{name}");
        }
    }
}
