//! The door to the plugins: loads objects, runs their programs on requests and responses, reloads them live.
//!
//! `Chain` would run the plugins of a hook in one call. This host wants more of each: its time, who decided, and what a
//! trap means; so it walks over its `Slot`s itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use stingless::maps::Map;
use stingless::{Collection, Config, Ctx, Engine, Error, Linker, Slot, Verdict};
use stingless_helpers_net::http::{Request, Response};

use crate::timing::Timing;

/// What happens to a request when a plugin traps: a helper failed, or the deadline passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnTrap {
    /// Nobody decided, so nobody passes: the client gets 503. For plugins that guard something.
    #[default]
    Closed,
    /// The plugin is skipped. For plugins that only count, or where being reachable matters more.
    Open,
}

/// Which plugins are loaded, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of the objects.
    pub dir: PathBuf,
    /// Names of the objects without `.bpf.o`, in the order in which they run.
    pub plugins: Vec<String>,
    /// Policy for traps.
    pub on_trap: OnTrap,
    /// CPU time that one plugin may take for one message.
    pub deadline: Duration,
    /// Tokens a second of the rate limiter; `None`: what the object has.
    pub rate: Option<u64>,
    /// Size of its bucket; `None`: what the object has.
    pub burst: Option<u64>,
    /// Whether changed objects are loaded while the proxy runs.
    pub watch: bool,
}

impl Settings {
    /// The three plugins of the example: what is forbidden costs no tokens, and only what passes both is counted.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Settings {
        Settings {
            dir: dir.into(),
            plugins: ["filter", "rate_limit", "routes"].map(String::from).to_vec(),
            on_trap: OnTrap::default(),
            deadline: Duration::from_millis(5),
            rate: None,
            burst: None,
            watch: true,
        }
    }

    /// Path of an object.
    #[must_use]
    pub fn object(&self, plugin: &str) -> PathBuf {
        self.dir.join(format!("{plugin}.bpf.o"))
    }
}

/// Counters of one program, read by `/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Calls and their time, also of those that trapped.
    pub timing: Timing,
    /// Results by verdict: `Pass`, `Deny`, `Limit`.
    pub verdicts: [AtomicU64; 3],
    /// Traps.
    pub traps: AtomicU64,
    /// Reloads that were taken into service.
    pub reloaded: AtomicU64,
    /// Reloads that were refused: the old object kept serving.
    pub refused: AtomicU64,
}

fn add(counter: &AtomicU64, n: u64) {
    counter.fetch_add(n, Ordering::Relaxed);
}

/// One program of one object.
pub struct Stage<H: Ctx> {
    /// Name of the object.
    pub plugin: String,
    /// Name of the program.
    pub program: String,
    /// Counters.
    pub counters: Arc<Counters>,
    slot: Slot<H>,
}

impl<H: Ctx + 'static> Stage<H>
where
    H: Ctx<Verdict = Verdict>,
{
    /// Runs the program; `None` where it trapped.
    fn run(&self, ctx: &mut H::Of<'_>) -> Option<Verdict> {
        let start = Instant::now();
        let result = self.slot.call(ctx);
        self.counters.timing.add(start.elapsed());
        match &result {
            Ok(verdict) => add(&self.counters.verdicts[*verdict as usize], 1),
            Err(trap) => {
                // The first of many says enough; the counter says how many.
                if self.counters.traps.fetch_add(1, Ordering::Relaxed) == 0 {
                    eprintln!("plugin {}: {trap}", self.plugin);
                }
            }
        }
        result.ok()
    }

    /// The programs and maps in service.
    #[must_use]
    pub fn collection(&self) -> Collection {
        self.slot.plugin().collection()
    }

    fn watch(&self, path: &Path, report: &Arc<Report>) -> Result<(), Error> {
        let (counters, report, plugin) = (self.counters.clone(), report.clone(), self.plugin.clone());
        self.slot.watch_with(path, move |_, result| {
            add(if result.is_ok() { &counters.reloaded } else { &counters.refused }, 1);
            report(&plugin, result);
        })
    }
}

/// An error for people: where the verifier refused a plugin, its whole report with the C line.
#[must_use]
pub fn explain(error: &Error) -> String {
    match error.report() {
        Some(report) => stingless::verifier::render(report, None),
        None => error.to_string(),
    }
}

/// Who hears of reloads: name of the object, and why it was refused.
pub type Report = dyn Fn(&str, Result<(), &Error>) + Send + Sync;

/// What plugins made of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    Pass,
    /// It is answered with this status instead.
    Answer {
        /// The verdict behind it; `None`: a plugin trapped.
        verdict: Option<Verdict>,
        /// Status, 400 to 599.
        status: u16,
    },
}

/// The plugins of a proxy.
#[derive(Default)]
pub struct Filters {
    requests: Vec<Stage<Request<'static>>>,
    responses: Vec<Stage<Response<'static>>>,
    on_trap: OnTrap,
}

impl Filters {
    /// No plugins.
    #[must_use]
    pub fn none() -> Filters {
        Filters::default()
    }

    /// Loads, verifies and compiles the plugins; `report` hears of later reloads.
    ///
    /// # Errors
    /// The first object that is refused, with the verifier's report.
    pub fn load(settings: &Settings, report: Arc<Report>) -> Result<Filters, Error> {
        let engine = Engine::new(Config::new().deadline(Some(settings.deadline)))?;
        let mut linker = Linker::new(&engine);
        linker.hook::<Request<'_>>()?;
        linker.hook::<Response<'_>>()?;
        for (name, value) in [("rate", settings.rate), ("burst", settings.burst)] {
            if let Some(value) = value {
                linker.global(name, value.to_ne_bytes());
            }
        }
        let mut filters = Filters { on_trap: settings.on_trap, ..Filters::none() };
        for plugin in &settings.plugins {
            filters.add(&engine, &linker, plugin, &settings.object(plugin))?;
            if settings.watch {
                filters.watch(plugin, &settings.object(plugin), &report)?;
            }
        }
        Ok(filters)
    }

    fn add(&mut self, engine: &Engine, linker: &Linker, plugin: &str, path: &Path) -> Result<(), Error> {
        let object = stingless::from_file(path)?;
        let collection = linker.load(&object).map_err(|e| e.in_file(path))?;
        for program in collection.programs() {
            // A program is of one of the two hooks; of neither: the second error says so.
            match collection.plugin::<Request<'_>>(program) {
                Ok(p) => self.requests.push(stage(plugin, program, engine.slot(p))),
                Err(_) => self.responses.push(stage(plugin, program, engine.slot(collection.plugin(program)?))),
            }
        }
        Ok(())
    }

    fn watch(&self, plugin: &str, path: &Path, report: &Arc<Report>) -> Result<(), Error> {
        for stage in self.requests.iter().filter(|s| s.plugin == plugin) {
            stage.watch(path, report)?;
        }
        for stage in self.responses.iter().filter(|s| s.plugin == plugin) {
            stage.watch(path, report)?;
        }
        Ok(())
    }

    /// Whether any plugin looks at responses.
    #[must_use]
    pub fn sees_responses(&self) -> bool {
        !self.responses.is_empty()
    }

    /// Runs the plugins of requests in order, until one decides.
    pub fn on_request(&self, request: &mut Request<'_>) -> Decision {
        for stage in &self.requests {
            request.status = 0;
            let decision = self.decide(stage.run(request), request.status);
            if decision != Decision::Pass {
                return decision;
            }
        }
        Decision::Pass
    }

    /// Runs the plugins of responses in order, until one decides.
    pub fn on_response(&self, response: &mut Response<'_>) -> Decision {
        for stage in &self.responses {
            // What a response's plugin stores in `status` is the response's, whatever it decides.
            let decision = self.decide(stage.run(response), 0);
            if decision != Decision::Pass {
                return decision;
            }
        }
        Decision::Pass
    }

    /// What a call's verdict means (`None`: it trapped); `status` is what the plugin chose to answer with.
    fn decide(&self, verdict: Option<Verdict>, status: u32) -> Decision {
        let default = match verdict {
            Some(Verdict::Pass) => return Decision::Pass,
            Some(Verdict::Deny) => 403,
            Some(Verdict::Limit) => 429,
            None if self.on_trap == OnTrap::Open => return Decision::Pass,
            None => 503,
        };
        // A plugin may choose an error, not turn a refusal into a success.
        let chosen = u16::try_from(status).ok().filter(|s| (400..600).contains(s));
        Decision::Answer { verdict, status: chosen.unwrap_or(default) }
    }

    /// Every program with its hook, plugin, counters and collection, for metrics.
    pub fn programs(&self) -> impl Iterator<Item = Row<'_>> {
        let requests = self.requests.iter().map(|s| Row {
            hook: "http/request",
            plugin: &s.plugin,
            program: &s.program,
            counters: &s.counters,
            collection: s.collection(),
        });
        let responses = self.responses.iter().map(|s| Row {
            hook: "http/response",
            plugin: &s.plugin,
            program: &s.program,
            counters: &s.counters,
            collection: s.collection(),
        });
        requests.chain(responses)
    }

    /// A map of a plugin in service.
    #[must_use]
    pub fn map(&self, plugin: &str, map: &str) -> Option<Map> {
        self.programs().find(|r| r.plugin == plugin)?.collection.map(map).ok().cloned()
    }
}

fn stage<H: Ctx>(plugin: &str, program: &str, slot: Slot<H>) -> Stage<H> {
    Stage { plugin: plugin.into(), program: program.into(), counters: Arc::default(), slot }
}

/// One program, as [`Filters::programs`] lists it.
pub struct Row<'a> {
    /// Name of the hook.
    pub hook: &'static str,
    /// Name of the object.
    pub plugin: &'a str,
    /// Name of the program.
    pub program: &'a str,
    /// Its counters.
    pub counters: &'a Counters,
    /// Its programs and maps.
    pub collection: Collection,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(on_trap: OnTrap, verdict: Option<Verdict>, status: u32) -> Decision {
        Filters { on_trap, ..Filters::none() }.decide(verdict, status)
    }

    #[test]
    fn a_trap_closes_the_door_or_leaves_it_open() {
        assert_eq!(OnTrap::default(), OnTrap::Closed);
        assert_eq!(decide(OnTrap::Closed, None, 0), Decision::Answer { verdict: None, status: 503 });
        assert_eq!(decide(OnTrap::Open, None, 0), Decision::Pass);
    }

    #[test]
    fn a_plugin_chooses_among_errors_only() {
        let deny = |status| decide(OnTrap::Closed, Some(Verdict::Deny), status);
        let answer = |status| Decision::Answer { verdict: Some(Verdict::Deny), status };
        assert_eq!((deny(0), deny(451)), (answer(403), answer(451)));
        for no_error in [200, 302, 399, 600, 65536 + 404] {
            assert_eq!(deny(no_error), answer(403), "{no_error}");
        }
        let limit = Decision::Answer { verdict: Some(Verdict::Limit), status: 429 };
        assert_eq!(decide(OnTrap::Open, Some(Verdict::Limit), 0), limit);
        assert_eq!(decide(OnTrap::Open, Some(Verdict::Pass), 500), Decision::Pass);
    }
}
