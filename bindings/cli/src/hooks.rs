//! The hooks that the command line knows: one row each.

use std::time::{Duration, Instant};

use stingless::{Collection, Ctx, Engine, Linker, Packet, Plugin, Raw, Trap};
use stingless_helpers_linux::{SkBuff, SocketFilter, Xdp};
use stingless_helpers_net::http::{Request, Response};

use crate::{Failure, hex};

/// Room before a packet, as Linux's XDP has.
const HEADROOM: usize = 256;
/// Room behind a packet.
const TAILROOM: usize = 320;

/// What a program is run on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input {
    /// Packet, memory or path.
    pub(crate) data: Vec<u8>,
    /// Fields of the context.
    pub(crate) ctx: Vec<(String, String)>,
    /// Runs.
    pub(crate) repeat: u64,
}

/// What a run gave.
pub(crate) struct Run {
    /// `r0` of the last run, or the first trap.
    pub(crate) result: Result<u64, Trap>,
    /// The data afterwards.
    pub(crate) data: Vec<u8>,
    /// The context's numbers afterwards.
    pub(crate) ctx: Vec<(&'static str, u64)>,
    /// Average time of a run.
    pub(crate) ns: f64,
}

type RunFn = fn(&Collection, &str, &Input) -> Result<Run, Failure>;

/// One hook.
pub(crate) struct HookRow {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    register: fn(&mut Linker) -> Result<(), stingless::Error>,
    pub(crate) run: RunFn,
}

/// The table.
pub(crate) const HOOKS: &[HookRow] = &[
    HookRow { name: "raw", about: "memory and its length; returns any number", register: add::<Raw>, run: raw },
    HookRow { name: "xdp", about: "Linux XDP: struct xdp_md", register: add::<Xdp<'_>>, run: xdp },
    HookRow { name: "tc", about: "Linux traffic control: struct __sk_buff", register: add::<SkBuff<'_>>, run: tc },
    HookRow {
        name: "socket_filter",
        about: "Linux socket filter: struct __sk_buff",
        register: add::<SocketFilter<'_>>,
        run: socket_filter,
    },
    HookRow {
        name: "http/request",
        about: "an HTTP request; data is the path, --ctx headers=TEXT and query=TEXT its other texts",
        register: add::<Request<'_>>,
        run: request,
    },
    HookRow {
        name: "http/response",
        about: "an HTTP response; data is the path, --ctx headers=TEXT the header block",
        register: add::<Response<'_>>,
        run: response,
    },
];

fn add<H: Ctx>(linker: &mut Linker) -> Result<(), stingless::Error> {
    linker.hook::<H>().map(|_| ())
}

/// The hook of a name.
pub(crate) fn named(name: &str) -> Result<&'static HookRow, Failure> {
    HOOKS.iter().find(|h| h.name == name).ok_or_else(|| {
        let known: Vec<&str> = HOOKS.iter().map(|h| h.name).collect();
        Failure(format!("no hook named `{name}` (there are: {})", known.join(", ")))
    })
}

/// A linker with every hook and helper of the house.
pub(crate) fn linker(engine: &Engine) -> Result<Linker, Failure> {
    let mut linker = Linker::new(engine);
    linker.helpers(&stingless_helpers_linux::BASE)?;
    linker.helpers(&stingless_helpers_text::TEXT)?;
    linker.helpers(&stingless_helpers_net::HTTP)?;
    for hook in HOOKS {
        (hook.register)(&mut linker)?;
    }
    linker.host(stingless_helpers_linux::Trace::new(|line| eprintln!("{line}")));
    Ok(linker)
}

/// Runs `repeat` times and stops at the first trap.
fn repeat<H: Ctx>(plugin: &Plugin<H>, input: &Input, ctx: &mut H::Of<'_>) -> (Result<u64, Trap>, f64) {
    let deadline: Option<Duration> = plugin.deadline();
    let start = Instant::now();
    let mut result = plugin.call_raw(ctx, deadline);
    for _ in 1..input.repeat {
        if result.is_err() {
            break;
        }
        result = plugin.call_raw(ctx, deadline);
    }
    let ns = start.elapsed().as_nanos() as f64 / input.repeat.max(1) as f64;
    (result, ns)
}

/// Sets the context's fields by name.
fn set_fields<H: Ctx>(ctx: &mut H::Of<'_>, fields: &[(String, String)]) -> Result<(), Failure> {
    for (name, value) in fields {
        let number = hex::number(&format!("--ctx {name}"), value)?;
        if !H::set(ctx, name, number) {
            let known: Vec<&str> = H::values(ctx).into_iter().map(|(n, _)| n).collect();
            return Err(Failure(format!("--ctx {name}: no such field (there are: {})", known.join(", "))));
        }
    }
    Ok(())
}

fn raw(collection: &Collection, program: &str, input: &Input) -> Result<Run, Failure> {
    let plugin = collection.plugin::<Raw>(program)?;
    let mut data = input.data.clone();
    let (result, ns) = {
        let mut ctx: &mut [u8] = &mut data;
        set_fields::<Raw>(&mut ctx, &input.ctx)?;
        repeat(&plugin, input, &mut ctx)
    };
    Ok(Run { result, data, ctx: Vec::new(), ns })
}

/// The runner of a hook on a packet in a buffer with room round it.
macro_rules! packet_hook {
    ($name:ident, $ty:ident) => {
        fn $name(collection: &Collection, program: &str, input: &Input) -> Result<Run, Failure> {
            let plugin = collection.plugin::<$ty<'_>>(program)?;
            let mut buffer = vec![0; HEADROOM + input.data.len() + TAILROOM];
            let window = HEADROOM..HEADROOM + input.data.len();
            buffer[window.clone()].copy_from_slice(&input.data);
            let mut ctx = $ty::new(Packet::with_window(&mut buffer, window));
            set_fields::<$ty<'_>>(&mut ctx, &input.ctx)?;
            let (result, ns) = repeat(&plugin, input, &mut ctx);
            let values = <$ty<'_> as Ctx>::values(&ctx);
            Ok(Run { result, data: ctx.data.as_slice().to_vec(), ctx: values, ns })
        }
    };
}

packet_hook!(xdp, Xdp);
packet_hook!(tc, SkBuff);
packet_hook!(socket_filter, SocketFilter);

/// Splits off the context's texts (`headers`, `query`) from its numbers.
fn texts<'i>(input: &'i Input, names: &[&str]) -> (Vec<String>, Vec<(String, String)>) {
    let text = |name: &&str| {
        let found = input.ctx.iter().find(|(n, _)| n == name);
        found.map(|(_, t): &'i (String, String)| t.replace("\\r\\n", "\r\n")).unwrap_or_default()
    };
    let numbers = input.ctx.iter().filter(|(n, _)| !names.contains(&n.as_str())).cloned();
    (names.iter().map(text).collect(), numbers.collect())
}

fn request(collection: &Collection, program: &str, input: &Input) -> Result<Run, Failure> {
    let plugin = collection.plugin::<Request<'_>>(program)?;
    let (texts, numbers) = texts(input, &["headers", "query"]);
    let mut ctx = Request {
        client_ip: 0,
        method: 0,
        status: 0,
        mark: 0,
        path: (&input.data).into(),
        query: texts[1].as_str().into(),
        headers: texts[0].as_str().into(),
    };
    set_fields::<Request<'_>>(&mut ctx, &numbers)?;
    let (result, ns) = repeat(&plugin, input, &mut ctx);
    Ok(Run { result, data: input.data.clone(), ctx: <Request<'_> as Ctx>::values(&ctx), ns })
}

fn response(collection: &Collection, program: &str, input: &Input) -> Result<Run, Failure> {
    let plugin = collection.plugin::<Response<'_>>(program)?;
    let (texts, numbers) = texts(input, &["headers"]);
    let mut ctx = Response {
        client_ip: 0,
        method: 0,
        status: 0,
        mark: 0,
        path: (&input.data).into(),
        headers: texts[0].as_str().into(),
    };
    set_fields::<Response<'_>>(&mut ctx, &numbers)?;
    let (result, ns) = repeat(&plugin, input, &mut ctx);
    Ok(Run { result, data: input.data.clone(), ctx: <Response<'_> as Ctx>::values(&ctx), ns })
}
