//! Machine code of a few programs, byte for byte: each file of `snapshots/` is a program with its expectation below it, as
//! comments. `make bless` rewrites the expectations; the diff is to be read (`objdump -D -b binary -m i386:x86-64` helps).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use stingless_abi::{Effects, Entry, HelperSet, HookDef, Proto, ProtoTable, Ret, Rights};
use stingless_isa::{Code, disasm_insn};
use stingless_jit::{CodeBlob, Options, compile_assumed};
use stingless_object::Unit;
use stingless_verifier::Assumed;

/// The line that the expectation begins with.
const MARK: &str = ";; x64\n";

fn unit(code: Code) -> Unit {
    let row = |id, effects| {
        let (name, c_ret, doc) = (Cow::Owned(format!("h{id}")), Cow::Borrowed("u64"), Cow::Borrowed(""));
        Arc::new(Proto { id, name, args: Cow::Borrowed(&[]), ret: Ret::ANY, c_ret, effects, doc })
    };
    let protos = ProtoTable::new([
        row(1, Effects::default()),
        row(2, Effects { may_trap: true, ..Effects::default() }),
        row(12, Effects { tail_call: true, ..Effects::default() }),
    ]);
    let hook = HookDef {
        name: Cow::Borrowed("raw"),
        sections: Cow::Borrowed(&[]),
        linux_type: 0,
        types: Default::default(),
        entry: Entry::Mem { rights: Rights::READ_WRITE },
        verdict: None,
        verdicts: Cow::Borrowed(&[]),
        helpers: HelperSet::All,
        packet_loads: false,
        btf: Arc::from([]),
    };
    Unit::from_code("snapshot", code, Vec::new(), protos, Arc::new(hook))
}

/// Bytes in hexadecimal, so many a line.
fn hex(out: &mut String, bytes: &[u8]) {
    for line in bytes.chunks(24) {
        out.push_str(";     ");
        for byte in line {
            let _ = write!(out, " {byte:02x}");
        }
        out.push('\n');
    }
}

/// The blob as comments: each instruction with its bytes, and what stands before and after them.
fn listing(code: &Code, blob: &CodeBlob) -> String {
    let mut out =
        format!("; entry {:#x}, tail entry {:#x}, {} bytes of stack\n", blob.entry, blob.tail_entry, blob.stack_bytes);
    for reloc in &blob.relocs {
        let _ = writeln!(out, "; {:#x}: {:?}", reloc.at, reloc.target);
    }
    for call in &blob.calls {
        let _ = writeln!(out, "; {:#x}: calls {:?}", call.at, call.target);
    }
    hex(&mut out, &blob.text[..blob.offsets[0] as usize]);
    for (at, &start) in blob.offsets.iter().enumerate() {
        let end = blob.offsets.get(at + 1).map_or(blob.text.len(), |&end| end as usize);
        let _ = writeln!(out, ";   {}", disasm_insn(code, at));
        hex(&mut out, &blob.text[start as usize..end]);
    }
    out
}

fn compiled(path: &Path, text: &str) -> String {
    let code = stingless_isa::assemble(text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut options = Options::default();
    options.deadline_checks = text.contains("; options: deadline");
    let blob = compile_assumed(&Assumed::new(unit(code.clone())), &options);
    listing(&code, &blob.unwrap_or_else(|e| panic!("{}: {e}", path.display())).0)
}

#[test]
fn machine_code_is_as_written_down() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 5, "the snapshots are there");
    for path in paths {
        let file = fs::read_to_string(&path).unwrap();
        let (program, want) = file.split_once(MARK).unwrap_or((&file, ""));
        let found = compiled(&path, program);
        if env::var_os("STINGLESS_BLESS").is_some() {
            fs::write(&path, format!("{program}{MARK}{found}")).unwrap();
        } else {
            assert_eq!(want, found, "{}: `make bless` and read the diff", path.display());
        }
    }
}
