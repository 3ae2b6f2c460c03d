//! Programs of the corpus in our engines.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use stingless::abi::MapKind;
use stingless::{
    Bytes, Collection, Config, Ctx, Engine, EngineKind, Error, Linker, Map, MapError, Object, Packet, Raw,
};
use stingless_helpers_linux::{SkBuff, SocketFilter, Trace, Xdp};

use super::event::{Event, Limits};
use super::{Element, Expect, Run, Sample};

/// What came of a program's runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Each run.
    pub runs: Vec<RunOut>,
    /// Elements afterwards, sorted by key; per-CPU values are summed up by words.
    pub maps: BTreeMap<String, Vec<Element>>,
    /// Records of ring buffers.
    pub rings: BTreeMap<String, Vec<Vec<u8>>>,
    /// Lines printed.
    pub trace: Vec<String>,
}

/// What came of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunOut {
    /// All of `r0`.
    pub r0: u64,
    /// The data afterwards.
    pub data: Vec<u8>,
    /// The context's plain fields afterwards.
    pub ctx: BTreeMap<String, u64>,
}

/// A host with every hook that the corpus uses.
pub struct Host {
    /// The linker.
    pub linker: Linker,
    trace: Arc<Mutex<Vec<String>>>,
}

/// Bytes before and behind a packet.
const ROOM: usize = 256;

impl Host {
    /// A host whose programs run in this engine.
    ///
    /// # Errors
    /// Settings that cannot be had: none of those used here.
    pub fn new(kind: EngineKind) -> Result<Host, Error> {
        Host::with(Config::new().engine(kind))
    }

    /// A host with these settings.
    ///
    /// # Errors
    /// Settings that cannot be had.
    pub fn with(config: Config) -> Result<Host, Error> {
        let mut linker = Linker::new(&Engine::new(config)?);
        linker.hook::<Raw>()?.hook::<Xdp>()?.hook::<SkBuff>()?.hook::<SocketFilter>()?.hook::<Event>()?;
        let trace = Arc::new(Mutex::new(Vec::new()));
        let sink = trace.clone();
        let keep = move |line: &str| sink.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
        linker.host(Limits(vec![42])).host(Trace::new(keep));
        Ok(Host { linker, trace })
    }

    /// Loads an object and runs it as its source says.
    ///
    /// # Errors
    /// The object is refused, or a run traps.
    pub fn run(&self, object: &Object, expect: &Expect) -> Result<Outcome, Error> {
        let mut linker = self.linker.clone();
        for (name, value) in &expect.globals {
            linker.global(name, value);
        }
        let loaded = linker.load(object)?;
        self.run_loaded(&loaded, expect)
    }

    /// Runs a program of a collection as its source says.
    ///
    /// # Errors
    /// A run traps, or a map does not take its elements.
    pub fn run_loaded(&self, loaded: &Collection, expect: &Expect) -> Result<Outcome, Error> {
        for (name, elements) in &expect.init {
            let map = loaded.map(name)?;
            for (key, value) in elements {
                map.update(key, value, 0)?;
            }
        }
        for (name, samples) in &expect.pushes {
            push(loaded.map(name)?, samples)?;
        }
        let name = expect.program.clone().or_else(|| loaded.programs().next().map(str::to_owned)).unwrap_or_default();
        let runs = expect.runs.iter().map(|run| call(loaded, &expect.hook, &name, run));
        let mut out = Outcome { runs: runs.collect::<Result<_, _>>()?, ..contents(loaded)? };
        out.trace = std::mem::take(&mut *self.trace.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(out)
    }
}

/// Adds samples to a user ring buffer, each submitted or discarded.
///
/// # Errors
/// A map of another kind, or that is full.
pub fn push(map: &Map, samples: &[Sample]) -> Result<(), MapError> {
    let ring = map.user_ring()?;
    for (bytes, submitted) in samples {
        let mut sample = ring.reserve(bytes.len())?;
        sample.copy_from_slice(bytes);
        if *submitted {
            sample.submit();
        }
    }
    Ok(())
}

/// What the maps of a collection hold.
///
/// # Errors
/// A map that the host may not read.
pub fn contents(loaded: &Collection) -> Result<Outcome, Error> {
    let mut out = Outcome::default();
    for (name, map) in loaded.maps() {
        match map.spec().kind {
            MapKind::Ringbuf => {
                let mut records = Vec::new();
                map.ring()?.consume(|record| records.push(record.to_vec()));
                out.rings.insert(name.to_owned(), records);
            }
            MapKind::ProgArray => {}
            // Objects of the host, and values without keys.
            kind if kind.is_handles() || map.spec().key_size == 0 => {}
            _ => {
                out.maps.insert(name.to_owned(), elements(map)?);
            }
        }
    }
    Ok(out)
}

fn elements(map: &Map) -> Result<Vec<Element>, Error> {
    let per_slot = map.spec().kind.is_per_slot().then_some(map.spec().value_size);
    let mut all: Vec<Element> = map.iter()?.map(|(k, v)| (k, summed(v, per_slot))).collect();
    all.sort();
    Ok(all)
}

/// Values of all slots of a per-CPU map become one, by adding their words; other values stay.
pub(super) fn summed(value: Vec<u8>, per_slot: Option<u32>) -> Vec<u8> {
    let Some(size) = per_slot else { return value };
    let mut sum = vec![0u64; (size as usize).div_ceil(8)];
    let words = value.chunks_exact(8).map(|w| w.iter().rev().fold(0u64, |n, &b| n << 8 | u64::from(b)));
    let count = sum.len();
    words.enumerate().for_each(|(at, word)| sum[at % count] = sum[at % count].wrapping_add(word));
    let mut bytes: Vec<u8> = sum.iter().flat_map(|w| w.to_le_bytes()).collect();
    bytes.truncate(size as usize);
    bytes
}

/// Calls one program of a collection.
///
/// # Errors
/// No such program, or a trap.
pub fn call(loaded: &Collection, hook: &str, program: &str, run: &Run) -> Result<RunOut, Error> {
    let mut buffer = vec![0; ROOM + run.data.len() + ROOM];
    let window = ROOM..ROOM + run.data.len();
    buffer[window.clone()].copy_from_slice(&run.data);
    match hook {
        "raw" => {
            let mut data = run.data.clone();
            let plugin = loaded.plugin::<Raw>(program)?;
            let r0 = plugin.call_raw(&mut data.as_mut_slice(), plugin.deadline())?;
            Ok(RunOut { r0, data, ctx: BTreeMap::new() })
        }
        "xdp" => {
            let mut ctx = Xdp::new(Packet::with_window(&mut buffer, window));
            let r0 = typed::<Xdp<'_>>(loaded, program, &mut ctx, &run.ctx)?;
            Ok(RunOut { r0, data: ctx.data.as_slice().to_vec(), ctx: values::<Xdp<'_>>(&ctx) })
        }
        "tc" => {
            let mut ctx = SkBuff::new(Packet::with_window(&mut buffer, window));
            let r0 = typed::<SkBuff<'_>>(loaded, program, &mut ctx, &run.ctx)?;
            Ok(RunOut { r0, data: ctx.data.as_slice().to_vec(), ctx: values::<SkBuff<'_>>(&ctx) })
        }
        "socket_filter" => {
            let mut ctx = SocketFilter::new(Packet::with_window(&mut buffer, window));
            let r0 = typed::<SocketFilter<'_>>(loaded, program, &mut ctx, &run.ctx)?;
            Ok(RunOut { r0, data: ctx.data.as_slice().to_vec(), ctx: values::<SocketFilter<'_>>(&ctx) })
        }
        _ => {
            let mut ctx = Event { kind: 0, level: 0, text: Bytes::new(&run.data), note: "not for programs" };
            let r0 = typed::<Event<'_>>(loaded, program, &mut ctx, &run.ctx)?;
            Ok(RunOut { r0, data: ctx.text.as_slice().to_vec(), ctx: values::<Event<'_>>(&ctx) })
        }
    }
}

fn typed<H: Ctx>(
    loaded: &Collection,
    program: &str,
    ctx: &mut H::Of<'_>,
    fields: &[(String, u64)],
) -> Result<u64, Error> {
    for (field, value) in fields {
        assert!(H::set(ctx, field, *value), "no field `{field}`");
    }
    let plugin = loaded.plugin::<H>(program)?;
    Ok(plugin.call_raw(ctx, plugin.deadline())?)
}

fn values<H: Ctx>(ctx: &H::Of<'_>) -> BTreeMap<String, u64> {
    H::values(ctx).into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
