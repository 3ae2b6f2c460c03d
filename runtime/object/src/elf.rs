//! The ELF container: sections, symbols and relocations, bounds-checked, names resolved, nothing interpreted.

use object::LittleEndian;
use object::elf::{self, FileHeader64, Rel64, SectionHeader64, Sym64};
use object::read::elf::{FileHeader, SectionHeader, Sym};

use crate::error::{ObjectError, ObjectErrorKind as Kind, budget, within};

const LE: LittleEndian = LittleEndian;

/// A section.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) name: &'a str,
    pub(crate) exec: bool,
    /// `SHT_PROGBITS`.
    pub(crate) progbits: bool,
    /// `SHT_NOBITS`: `size` bytes of zeros that the file does not hold.
    pub(crate) nobits: bool,
    pub(crate) compressed: bool,
    pub(crate) size: u64,
    /// Contents; empty for `SHT_NOBITS`.
    pub(crate) data: &'a [u8],
    /// Relocations, in order of their offset.
    pub(crate) relocs: Vec<Reloc>,
}

/// One `SHT_REL` record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reloc {
    pub(crate) offset: u64,
    /// `R_BPF_*`.
    pub(crate) kind: u32,
    /// Index into the symbol table, checked.
    pub(crate) symbol: u32,
}

/// Where a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Undefined,
    /// In the section with this index, checked.
    Section(u32),
    /// Absolute, common, or of a kind that objects do not have.
    Other,
}

/// What a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SymbolKind {
    Func,
    Object,
    Section,
    NoType,
    Other,
}

/// A symbol.
#[derive(Debug)]
pub(crate) struct Symbol<'a> {
    /// The name; for section symbols, the section's.
    pub(crate) name: &'a str,
    pub(crate) kind: SymbolKind,
    pub(crate) place: Place,
    pub(crate) value: u64,
    pub(crate) size: u64,
    /// `STB_GLOBAL` or `STB_WEAK`.
    pub(crate) global: bool,
    pub(crate) weak: bool,
    /// `STV_HIDDEN` or `STV_INTERNAL`.
    pub(crate) hidden: bool,
}

/// A little-endian BPF object, taken apart.
#[derive(Debug)]
pub(crate) struct Elf<'a> {
    /// By ELF section index.
    pub(crate) sections: Vec<Section<'a>>,
    /// By ELF symbol index.
    pub(crate) symbols: Vec<Symbol<'a>>,
    /// By ELF section index: the symbols in it.
    inside: Vec<Vec<u32>>,
}

/// A relocation: an address to fill into a 64-bit immediate.
pub(crate) const R_BPF_64_64: u32 = elf::R_BPF_64_64.0;
/// A relocation: 64 bits of data.
pub(crate) const R_BPF_64_ABS64: u32 = 2;
/// A relocation: the callee of a `call`.
pub(crate) const R_BPF_64_32: u32 = elf::R_BPF_64_32.0;

impl<'a> Elf<'a> {
    /// Takes a file apart.
    pub(crate) fn parse(data: &'a [u8]) -> Result<Elf<'a>, ObjectError> {
        within("bytes of file", data.len() as u64, budget::FILE as u64).map_err(|k| ObjectError::file(0, k))?;
        let header = header(data)?;
        let malformed = |what, at| ObjectError::file(at, Kind::Malformed { what, found: at, limit: data.len() as u64 });
        let shoff = header.e_shoff(LE);
        let headers = header.section_headers(LE, data).map_err(|_| malformed("the section table's offset", shoff))?;
        within("sections", headers.len() as u64, budget::SECTIONS as u64).map_err(|k| ObjectError::file(shoff, k))?;
        let names = match header.shstrndx(LE, data).ok().and_then(|i| headers.get(i as usize)) {
            Some(section) => section.data(LE, data).map_err(|_| malformed("the section names' offset", 0))?,
            None => &[],
        };
        let mut sections = Vec::with_capacity(headers.len());
        for (index, header) in headers.iter().enumerate() {
            let at = shoff + (index * size_of::<SectionHeader64<LittleEndian>>()) as u64;
            sections.push(section(header, data, names, at)?);
        }
        let symbols = symbols(headers, &sections, data)?;
        let mut inside = vec![Vec::new(); sections.len()];
        for (symbol, index) in symbols.iter().zip(0..) {
            if let Place::Section(section) = symbol.place {
                inside[section as usize].push(index);
            }
        }
        let mut elf = Elf { sections, symbols, inside };
        elf.relocations(headers, data)?;
        Ok(elf)
    }

    /// Files the records of each `SHT_REL` section under the section they apply to.
    fn relocations(&mut self, headers: &[SectionHeader64<LittleEndian>], data: &'a [u8]) -> Result<(), ObjectError> {
        let mut total = 0;
        for (header, index) in headers.iter().zip(0..) {
            let target = header.sh_info.get(LE) as usize;
            // Index 0 is no section; debug information and type information are read without their relocations.
            if target == 0 || self.sections.get(target).is_none_or(|s| s.name.starts_with(".debug")) {
                continue;
            }
            let name = self.sections[index].name;
            if header.sh_type(LE) == elf::SHT_RELA {
                return Err(ObjectError::new(name, 0, Kind::Unsupported { what: "a relocation section with addends" }));
            }
            if header.sh_type(LE) != elf::SHT_REL {
                continue;
            }
            let table: &[Rel64<LittleEndian>] = header.data_as_array(LE, data).map_err(|_| truncated(name, header))?;
            total += table.len();
            within("relocations", total as u64, budget::RELOCATIONS as u64)
                .map_err(|k| ObjectError::new(name, 0, k))?;
            let mut relocs = Vec::with_capacity(table.len());
            for (rel, at) in table.iter().zip(0u64..) {
                let symbol = rel.r_sym(LE);
                let limit = self.symbols.len() as u64;
                if u64::from(symbol) >= limit {
                    let kind = Kind::Malformed { what: "a relocation's symbol index", found: symbol.into(), limit };
                    return Err(ObjectError::new(name, at * 16, kind));
                }
                relocs.push(Reloc { offset: rel.r_offset.get(LE), kind: rel.r_type(LE).0, symbol });
            }
            let all = &mut self.sections[target].relocs;
            all.append(&mut relocs);
            all.sort_by_key(|r| r.offset);
        }
        Ok(())
    }

    /// The symbols in a section.
    pub(crate) fn symbols_in(&self, section: u32) -> impl Iterator<Item = &Symbol<'a>> {
        self.inside[section as usize].iter().map(|&i| &self.symbols[i as usize])
    }

    /// The first section of that name, with its index.
    pub(crate) fn section(&self, name: &str) -> Option<(u32, &Section<'a>)> {
        (0..).zip(&self.sections).find(|(_, s)| s.name == name)
    }
}

/// Checks that this is a file for us before anything else is read.
fn header(data: &[u8]) -> Result<&FileHeader64<LittleEndian>, ObjectError> {
    let err = |offset, kind| Err(ObjectError::file(offset, kind));
    match data {
        [0x7f, b'E', b'L', b'F', class, order, ..] => {
            if *class == 1 {
                return err(4, Kind::Class32);
            }
            if *order == 2 {
                return err(5, Kind::BigEndian);
            }
        }
        [..] => return err(0, Kind::NotElf),
    }
    let header: &FileHeader64<LittleEndian> =
        FileHeader64::parse(data).map_err(|_| ObjectError::file(0, Kind::NotElf))?;
    if header.endian().is_err() {
        return err(5, Kind::NotElf);
    }
    let machine = header.e_machine.get(LE).0;
    if machine != elf::EM_BPF.0 && machine != elf::EM_NONE.0 {
        return err(18, Kind::Machine { found: machine });
    }
    let file_type = header.e_type.get(LE).0;
    if file_type != elf::ET_REL.0 {
        return err(16, Kind::FileType { found: file_type });
    }
    Ok(header)
}

fn truncated(name: &str, header: &SectionHeader64<LittleEndian>) -> ObjectError {
    let (found, limit) = (header.sh_offset.get(LE), header.sh_size.get(LE));
    let kind = Kind::Malformed { what: "a section that leaves the file: its offset", found, limit };
    ObjectError::new(name, 0, kind)
}

fn section<'a>(
    header: &SectionHeader64<LittleEndian>,
    data: &'a [u8],
    names: &'a [u8],
    at: u64,
) -> Result<Section<'a>, ObjectError> {
    let name = name_at(names, header.sh_name.get(LE), "a section").map_err(|k| ObjectError::file(at, k))?;
    let kind = header.sh_type(LE);
    let flags = header.sh_flags(LE).0;
    let bytes = if kind == elf::SHT_NULL { &[] } else { header.data(LE, data).map_err(|_| truncated(name, header))? };
    Ok(Section {
        name,
        exec: flags & elf::SHF_EXECINSTR.0 != 0,
        progbits: kind == elf::SHT_PROGBITS,
        nobits: kind == elf::SHT_NOBITS,
        compressed: flags & elf::SHF_COMPRESSED.0 != 0,
        size: header.sh_size.get(LE),
        data: bytes,
        relocs: Vec::new(),
    })
}

/// A NUL-terminated name. Its length is bounded, so that many names that start in one long string cost little.
fn name_at<'a>(strings: &'a [u8], offset: u32, what: &'static str) -> Result<&'a str, Kind> {
    if offset == 0 {
        return Ok("");
    }
    let rest = strings.get(offset as usize..).ok_or(Kind::Malformed {
        what: "a name's offset",
        found: offset.into(),
        limit: strings.len() as u64,
    })?;
    let window = &rest[..rest.len().min(budget::NAME + 1)];
    let end = window.iter().position(|&b| b == 0).ok_or(Kind::Name { what })?;
    core::str::from_utf8(&window[..end]).map_err(|_| Kind::Name { what })
}

fn symbols<'a>(
    headers: &[SectionHeader64<LittleEndian>],
    sections: &[Section<'a>],
    data: &'a [u8],
) -> Result<Vec<Symbol<'a>>, ObjectError> {
    let Some((header, table)) = headers.iter().zip(sections).find(|(h, _)| h.sh_type(LE) == elf::SHT_SYMTAB) else {
        return Ok(Vec::new());
    };
    let raw: &[Sym64<LittleEndian>] = header.data_as_array(LE, data).map_err(|_| truncated(table.name, header))?;
    let err = |at: usize, kind| ObjectError::new(table.name, (at * size_of::<Sym64<LittleEndian>>()) as u64, kind);
    within("symbols", raw.len() as u64, budget::SYMBOLS as u64).map_err(|k| err(0, k))?;
    let link = header.sh_link.get(LE);
    let strings = sections.get(link as usize).map(|s| s.data).ok_or_else(|| {
        err(0, Kind::Malformed { what: "the string table's index", found: link.into(), limit: sections.len() as u64 })
    })?;
    let mut out = Vec::with_capacity(raw.len());
    let mut names = 0;
    for (at, sym) in raw.iter().enumerate() {
        let symbol = symbol(sym, sections, strings).map_err(|k| err(at, k))?;
        names += symbol.name.len() as u64;
        within("bytes of symbol names", names, budget::NAMES as u64).map_err(|k| err(at, k))?;
        out.push(symbol);
    }
    Ok(out)
}

fn symbol<'a>(sym: &Sym64<LittleEndian>, sections: &[Section<'a>], strings: &'a [u8]) -> Result<Symbol<'a>, Kind> {
    let kind = match sym.st_type() {
        elf::STT_FUNC => SymbolKind::Func,
        elf::STT_OBJECT => SymbolKind::Object,
        elf::STT_SECTION => SymbolKind::Section,
        elf::STT_NOTYPE => SymbolKind::NoType,
        _ => SymbolKind::Other,
    };
    let place = match sym.st_shndx(LE) {
        elf::SHN_UNDEF => Place::Undefined,
        index if index.0 >= elf::SHN_LORESERVE => Place::Other,
        index if usize::from(index.0) < sections.len() => Place::Section(index.0.into()),
        index => {
            let limit = sections.len() as u64;
            return Err(Kind::Malformed { what: "a symbol's section index", found: index.0.into(), limit });
        }
    };
    let name = match (kind, place) {
        (SymbolKind::Section, Place::Section(index)) => sections[index as usize].name,
        _ => name_at(strings, sym.st_name.get(LE), "a symbol")?,
    };
    let bind = sym.st_bind();
    let visibility = sym.st_visibility();
    Ok(Symbol {
        name,
        kind,
        place,
        value: sym.st_value.get(LE),
        size: sym.st_size.get(LE),
        global: bind == elf::STB_GLOBAL || bind == elf::STB_WEAK,
        weak: bind == elf::STB_WEAK,
        hidden: visibility == elf::STV_HIDDEN || visibility == elf::STV_INTERNAL,
    })
}
