//! A `.data` file of the conformance suite: sections `-- asm` or `-- raw`, `-- mem`, `-- result`, `-- error`.

use crate::ubpf_asm;
use core::fmt;
use stingless_isa::{Code, DecodeError};

/// One test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The file's name without `.data`.
    pub name: String,
    /// The program, or why there is none.
    pub code: Result<Code, CaseError>,
    /// What R1 points to and R2 counts: plain readable and writable bytes.
    pub mem: Vec<u8>,
    /// R0 at the end, if the file names one.
    pub result: Option<u64>,
    /// The text of the expected error, perhaps empty, if the file expects one.
    pub error: Option<String>,
}

/// Why a file holds no program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseError {
    /// Neither instructions nor slots.
    NoCode,
    /// A section that no rule describes.
    UnknownSection {
        /// Line of the file, counted from 1.
        line: usize,
        /// Its title.
        title: String,
    },
    /// A number that is none.
    BadNumber {
        /// Line of the file, counted from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// The assembler refused it; lines count from the section's title.
    Asm(ubpf_asm::AsmError),
    /// The decoder refused it.
    Decode(DecodeError),
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CaseError::NoCode => write!(f, "neither `-- asm` nor `-- raw` holds an instruction"),
            CaseError::UnknownSection { line, title } => write!(f, "line {line}: no section is called `{title}`"),
            CaseError::BadNumber { line, text } => write!(f, "line {line}: `{text}` is not a number of this section"),
            CaseError::Asm(err) => err.fmt(f),
            CaseError::Decode(err) => err.fmt(f),
        }
    }
}

impl std::error::Error for CaseError {}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Asm,
    Raw,
    Mem,
    Result,
    Error,
    /// C source and notes for other tools.
    Ignored,
}

impl Section {
    fn from_title(title: &str) -> Option<Section> {
        Some(match title {
            "asm" => Section::Asm,
            "raw" => Section::Raw,
            "mem" => Section::Mem,
            "result" => Section::Result,
            "error" | "expected errors" => Section::Error,
            "c" | "no register offset" => Section::Ignored,
            _ => return None,
        })
    }
}

/// The sections as found.
#[derive(Default)]
struct Sections {
    asm: String,
    raw: Vec<u8>,
    mem: Vec<u8>,
    result: Option<u64>,
    error: Option<String>,
}

impl Case {
    /// Reads a file. It never fails: a file without a program is a case whose `code` says why.
    #[must_use]
    pub fn parse(name: &str, text: &str) -> Case {
        let mut sections = Sections::default();
        let read = sections.read(text);
        let code = read.and_then(|()| sections.code());
        Case { name: name.to_owned(), code, mem: sections.mem, result: sections.result, error: sections.error }
    }
}

impl Sections {
    fn read(&mut self, text: &str) -> Result<(), CaseError> {
        let mut section = Section::Ignored;
        for (at, full) in text.lines().enumerate() {
            let line = at + 1;
            if let Some(title) = full.strip_prefix("--") {
                let title = title.trim();
                let unknown = || CaseError::UnknownSection { line, title: title.to_owned() };
                section = Section::from_title(title).ok_or_else(unknown)?;
                if section == Section::Error {
                    self.error.get_or_insert_default();
                }
                continue;
            }
            let text = full.split('#').next().unwrap_or_default().trim();
            match section {
                Section::Asm => self.asm += &format!("{text}\n"),
                Section::Raw => self.raw.extend(bytes(line, text)?),
                Section::Mem => self.mem.extend(bytes(line, text)?),
                Section::Result if !text.is_empty() => {
                    let bad = || CaseError::BadNumber { line, text: text.to_owned() };
                    self.result = Some(number(text).ok_or_else(bad)?);
                }
                Section::Error if !text.is_empty() => self.error = Some(text.to_owned()),
                Section::Result | Section::Error | Section::Ignored => {}
            }
        }
        Ok(())
    }

    fn code(&self) -> Result<Code, CaseError> {
        if !self.raw.is_empty() {
            return stingless_isa::decode(&self.raw).map_err(CaseError::Decode);
        }
        if self.asm.trim().is_empty() {
            return Err(CaseError::NoCode);
        }
        ubpf_asm::assemble(&self.asm).map_err(CaseError::Asm)
    }
}

fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Bytes of two hexadecimal digits, or little-endian 64-bit words after `0x`.
fn bytes(line: usize, text: &str) -> Result<Vec<u8>, CaseError> {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        let bad = |_| CaseError::BadNumber { line, text: word.to_owned() };
        match word.strip_prefix("0x") {
            Some(hex) => out.extend(u64::from_str_radix(hex, 16).map_err(bad)?.to_le_bytes()),
            None => out.push(u8::from_str_radix(word, 16).map_err(bad)?),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::{Case, CaseError};

    #[test]
    fn sections_are_read() {
        let text = "# licence\n-- c\nignored\n-- asm\nmov %r0, 1 # one\nexit\n-- mem\naa 0B\n10\n-- result\n0x10\n";
        let case = Case::parse("one", text);
        let code = stingless_isa::assemble("r0 = 1\nexit").unwrap();
        let want =
            Case { name: "one".into(), code: Ok(code), mem: vec![0xaa, 0x0b, 0x10], result: Some(16), error: None };
        assert_eq!(case, want);
    }

    #[test]
    fn raw_slots_are_words_or_bytes() {
        let words = Case::parse("words", "-- raw\n0x00000001000000b7\n0x95\n-- result\n1");
        let bytes = Case::parse("bytes", "-- raw\nb7 00 00 00 01 00 00 00\n95 00 00 00 00 00 00 00\n-- error\n\n");
        assert_eq!(words.code, bytes.code);
        assert!(words.code.is_ok());
        assert_eq!((words.result, bytes.result), (Some(1), None));
        assert_eq!((words.error, bytes.error.as_deref()), (None, Some("")));
    }

    #[test]
    fn a_file_without_a_program_says_why() {
        let code = |text| Case::parse("bad", text).code.unwrap_err();
        assert_eq!(code(""), CaseError::NoCode);
        assert_eq!(code("-- asm\n-- what is this\n").to_string(), "line 2: no section is called `what is this`");
        assert_eq!(code("-- asm\nexit\n-- mem\nzz\n").to_string(), "line 4: `zz` is not a number of this section");
        assert_eq!(code("-- raw\n0xff\n").to_string(), "slot 0: opcode 0xff is not known");
        assert_eq!(code("-- asm\nhalt\n").to_string(), "line 1: there is no instruction `halt`");
    }
}
