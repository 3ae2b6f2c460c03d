//! The same source as native code and in every engine.

use std::path::{Path, PathBuf};

use libloading::Library;
use stingless::{EngineKind, Object};

use crate::clock::{Lane, Table, keep};
use crate::engines::{Ours, Rbpf, code};
use crate::host;
use crate::native::{self, NativeFn};

/// One workload: what to run, on what.
struct Work {
    name: String,
    object: Object,
    program: String,
    native: Option<NativeFn>,
    mem: Vec<u8>,
}

/// Workloads of the shared benchmark: row, source, length of the memory.
const SHARED: [(&str, &str, usize); 13] = [
    ("empty", "empty", 4096),
    ("fnv1a", "fnv1a", 4096),
    ("siphash", "siphash", 4096),
    ("memmem", "memmem", 4096),
    ("primes", "primes", 4096),
    ("httpparse", "httpparse", 512),
    ("pkt64", "pkt", 64),
    ("pkt1500", "pkt", 1500),
    ("calls", "calls", 4096),
    ("matmul", "matmul", 4096),
    ("helper", "helper", 4096),
    ("maparr", "maparr", 4096),
    ("maphash", "maphash", 4096),
];

/// All workloads that can be had here.
pub(crate) fn all() {
    let mut table =
        Table::new("workloads: the same C source (native: the C compiler, -O2; * = run as it is, not proved)");
    let own = own();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/bench/src");
    match (shared.is_dir(), native::clang()) {
        (true, Some(clang)) => match load_shared(&shared, &clang) {
            Ok((works, _library)) => works.iter().for_each(|w| row(&mut table, w)),
            Err(e) => println!("\nNOTE: the shared workloads do not compile here, they are left out: {e}"),
        },
        (false, _) => println!("\nNOTE: ../shared/bench is not here: only the project's own eight workloads are run"),
        (true, None) => println!("\nNOTE: no clang here: only the project's own eight workloads are run"),
    }
    match &own {
        Ok((works, _library)) => works.iter().for_each(|w| row(&mut table, w)),
        Err(e) => println!("\nNOTE: the project's own workloads cannot be had: {e}"),
    }
}

/// The project's own: committed objects, native code by whatever C compiler there is.
fn own() -> Result<(Vec<Work>, Option<Library>), String> {
    let object = Object::parse(include_bytes!("../c/workloads.bpf.o")).map_err(|e| e.to_string())?;
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/workloads.bpf.c");
    let library = native::library("own", &[source]).map_err(|e| println!("\nNOTE: no native code: {e}")).ok();
    let work = |program: &str| Work {
        name: program.to_owned(),
        object: object.clone(),
        program: program.to_owned(),
        native: library.as_ref().and_then(|l| native::function(l, program)),
        mem: fill("own", 2048),
    };
    let names = object.programs().iter().map(|p| p.name.to_string()).collect::<Vec<_>>();
    Ok((names.iter().map(|n| work(n)).collect(), library))
}

fn load_shared(dir: &Path, clang: &str) -> Result<(Vec<Work>, Library), String> {
    let source = |name: &str| dir.join(format!("{name}.c"));
    let mut sources: Vec<PathBuf> = SHARED.iter().map(|(_, s, _)| source(s)).collect();
    sources.dedup();
    let library = native::library("shared", &sources)?;
    let mut works = Vec::new();
    for (name, file, len) in SHARED {
        let object = Object::parse(&native::bpf(clang, &source(file))?).map_err(|e| e.to_string())?;
        let native = native::function(&library, &format!("prog_{file}"));
        works.push(Work { name: name.to_owned(), object, program: "prog".to_owned(), native, mem: fill(name, len) });
    }
    Ok((works, library))
}

/// The memory that a workload starts with.
fn fill(name: &str, len: usize) -> Vec<u8> {
    let mut state = 0x0123_4567_u64;
    let mut mem: Vec<u8> = (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u8
        })
        .collect();
    match name {
        "memmem" => {
            mem[len - 8..].copy_from_slice(b"NeedleXY");
            mem[len - 96..len - 88].copy_from_slice(b"NeedleXY");
        }
        "httpparse" => {
            let head = b"GET /api/v1/items/12345?sort=asc&limit=100 HTTP/1.1\r\nHost: www.example.com\r\n\
                Accept: text/html,application/xhtml+xml;q=0.9\r\nAccept-Encoding: gzip, deflate, br\r\n\
                Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\nX-Forwarded-For: 203.0.113.7\r\nX-Pad: ";
            mem.fill(b'p');
            mem[..head.len()].copy_from_slice(head);
            mem[len - 4..].copy_from_slice(b"\r\n\r\n");
        }
        "pkt64" | "pkt1500" => {
            let total = (len as u16 - 14).to_be_bytes();
            mem[12..18].copy_from_slice(&[8, 0, 0x45, 0, total[0], total[1]]);
            mem[22..24].copy_from_slice(&[64, 6]);
            mem[46] = 0x50;
        }
        "own" => mem.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b' '),
        _ => {}
    }
    mem
}

/// A lane, if its first answer is the right one.
fn lane<'a>(
    name: &'static str,
    work: &Work,
    want: Option<u64>,
    run: Option<impl FnMut() -> Option<u64> + 'a>,
) -> Lane<'a> {
    host::reset();
    let Some(mut run) = run else { return Lane::missing(name) };
    let found = run();
    if found.is_none() || (want.is_some() && found != want) {
        println!("NOTE: {} in {name} gives {found:x?}, native code {want:x?}: left out", work.name);
        return Lane::missing(name);
    }
    Lane::new(name, move || keep(run()))
}

fn row(table: &mut Table, work: &Work) {
    let native = work.native.map(|f| {
        let mut mem = work.mem.clone();
        // SAFETY: the workloads touch the memory that they are given and call the helpers of this program.
        move || Some(unsafe { f(mem.as_mut_ptr(), mem.len() as u64) })
    });
    host::reset();
    // SAFETY: as above.
    let want = work.native.map(|f| unsafe { f(work.mem.clone().as_mut_ptr(), work.mem.len() as u64) });
    let mut lanes = vec![lane("native", work, want, native)];
    let mut proved = true;
    for (kind, name) in [(EngineKind::Jit, "jit"), (EngineKind::Interp, "interp")] {
        let ours = Ours::new(kind, &work.object, &work.program);
        proved &= ours.as_ref().is_some_and(Ours::is_proved);
        let mut mem = work.mem.clone();
        lanes.push(lane(name, work, want, ours.map(|ours| move || ours.run(&mut mem))));
    }
    let assumed = code(&work.object, &work.program);
    for (jit, name) in [(true, "rbpf jit"), (false, "rbpf interp")] {
        let vm = assumed.as_ref().and_then(|a| Rbpf::new(&work.name, &a.unit().code, &work.mem, jit));
        lanes.push(lane(name, work, want, vm.map(|vm| move || vm.run())));
    }
    let name = if proved { work.name.clone() } else { format!("{} *", work.name) };
    table.row(&name, lanes);
}
