//! Writes ELF objects that no compiler would.

/// `SHF_ALLOC | SHF_EXECINSTR`.
pub const CODE: u64 = 6;
/// `SHF_ALLOC | SHF_WRITE`.
pub const DATA: u64 = 3;
/// `STB_GLOBAL`, `STT_FUNC`.
pub const GLOBAL_FUNC: u8 = 0x12;
/// `STB_LOCAL`, `STT_FUNC`.
pub const LOCAL_FUNC: u8 = 0x02;
/// `STB_GLOBAL`, `STT_OBJECT`.
pub const GLOBAL_OBJECT: u8 = 0x11;
/// `STB_LOCAL`, `STT_SECTION`.
pub const SECTION: u8 = 0x03;

struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    /// Offset of its bytes in the file, and their length.
    at: (u64, u64),
    link: u32,
    info: u32,
}

/// An object in the making. Section 0, `.symtab` and `.strtab` come by themselves.
pub struct Elf {
    body: Vec<u8>,
    strings: Vec<u8>,
    symbols: Vec<u8>,
    sections: Vec<Section>,
    rels: Vec<(u32, Vec<u8>)>,
}

impl Elf {
    pub fn new() -> Elf {
        let null = Section { name: 0, kind: 0, flags: 0, at: (0, 0), link: 0, info: 0 };
        Elf { body: Vec::new(), strings: vec![0], symbols: vec![0; 24], sections: vec![null], rels: Vec::new() }
    }

    pub fn string(&mut self, text: &str) -> u32 {
        let at = self.strings.len() as u32;
        self.strings.extend_from_slice(text.as_bytes());
        self.strings.push(0);
        at
    }

    /// Adds a `SHT_PROGBITS` section.
    pub fn section(&mut self, name: &str, flags: u64, bytes: &[u8]) -> u32 {
        let at = (64 + self.body.len() as u64, bytes.len() as u64);
        self.body.extend_from_slice(bytes);
        let name = self.string(name);
        self.again(name, 1, flags, at)
    }

    /// Adds a section over bytes of the file that may be another's.
    pub fn again(&mut self, name: u32, kind: u32, flags: u64, at: (u64, u64)) -> u32 {
        self.sections.push(Section { name, kind, flags, at, link: 0, info: 0 });
        self.sections.len() as u32 - 1
    }

    pub fn symbol(&mut self, name: &str, info: u8, section: u32, value: u64, size: u64) -> u32 {
        let name = if name.is_empty() { 0 } else { self.string(name) };
        self.symbol_named(name, info, section, value, size)
    }

    pub fn symbol_named(&mut self, name: u32, info: u8, section: u32, value: u64, size: u64) -> u32 {
        self.symbols.extend_from_slice(&name.to_le_bytes());
        self.symbols.extend_from_slice(&[info, 0]);
        self.symbols.extend_from_slice(&(section as u16).to_le_bytes());
        self.symbols.extend_from_slice(&value.to_le_bytes());
        self.symbols.extend_from_slice(&size.to_le_bytes());
        self.symbols.len() as u32 / 24 - 1
    }

    /// Relocations (offset, type, symbol) of a section.
    pub fn rels(&mut self, section: u32, rels: &[(u64, u32, u32)]) {
        let record = |&(offset, kind, symbol): &(u64, u32, u32)| {
            let info = u64::from(symbol) << 32 | u64::from(kind);
            [offset.to_le_bytes(), info.to_le_bytes()].concat()
        };
        self.rels.push((section, rels.iter().flat_map(record).collect()));
    }

    pub fn finish(mut self) -> Vec<u8> {
        let symtab = self.sections.len() as u32;
        for (section, bytes) in std::mem::take(&mut self.rels) {
            let at = (64 + self.body.len() as u64, bytes.len() as u64);
            self.body.extend_from_slice(&bytes);
            let name = self.string(".rel");
            let (kind, flags) = (9, 0);
            self.sections.push(Section { name, kind, flags, at, link: symtab, info: section });
        }
        let symbols = std::mem::take(&mut self.symbols);
        let at = (64 + self.body.len() as u64, symbols.len() as u64);
        self.body.extend_from_slice(&symbols);
        let link = self.sections.len() as u32 + 1;
        self.sections.push(Section { name: 0, kind: 2, flags: 0, at, link, info: 0 });
        let at = (64 + self.body.len() as u64, self.strings.len() as u64);
        let strings = std::mem::take(&mut self.strings);
        self.body.extend_from_slice(&strings);
        self.again(0, 3, 0, at);
        self.body.resize(self.body.len().next_multiple_of(8), 0);
        self.assemble()
    }

    fn assemble(&self) -> Vec<u8> {
        let shoff = 64 + self.body.len() as u64;
        let mut out = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 247, 0, 1, 0, 0, 0];
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&shoff.to_le_bytes());
        let (count, names) = (self.sections.len() as u16, self.sections.len() as u16 - 1);
        for half in [0, 0, 64, 0, 0, 64, count, names] {
            out.extend_from_slice(&half.to_le_bytes());
        }
        out.extend_from_slice(&self.body);
        for s in &self.sections {
            out.extend_from_slice(&s.name.to_le_bytes());
            out.extend_from_slice(&s.kind.to_le_bytes());
            for word in [s.flags, 0, s.at.0, s.at.1, u64::from(s.link) | u64::from(s.info) << 32, 8, 0] {
                out.extend_from_slice(&word.to_le_bytes());
            }
        }
        out
    }
}
