//! Engines: settings, and how programs are run.

use std::sync::Arc;
use std::time::Duration;

use stingless_abi::{Limits, Trust};

use crate::error::Error;

/// Which machinery runs programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineKind {
    /// The interpreter, without checks: the proof stands.
    Interp,
    /// The interpreter that tests every obligation and every exported fact at run time.
    Checked,
    /// Machine code.
    Jit,
}

impl EngineKind {
    /// Every kind.
    pub const ALL: [EngineKind; 3] = [EngineKind::Interp, EngineKind::Checked, EngineKind::Jit];

    /// The name on command lines and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            EngineKind::Interp => "interp",
            EngineKind::Checked => "checked",
            EngineKind::Jit => "jit",
        }
    }

    /// The kind with this name.
    ///
    /// # Errors
    /// A sentence that lists the names; `jit-hardened` is refused by name.
    pub fn from_key(key: &str) -> Result<EngineKind, Error> {
        if key == "jit-hardened" {
            return Err(Error::setting(
                "engine",
                key,
                "interp, checked or jit: hardened machine code is not available yet",
            ));
        }
        Self::ALL
            .into_iter()
            .find(|k| k.key() == key)
            .ok_or_else(|| Error::setting("engine", key, "interp, checked or jit"))
    }
}

/// Settings of an engine. `STINGLESS_JIT=0`, `STINGLESS_HARDEN` and `STINGLESS_DEADLINE_MS` can only tighten them.
#[derive(Clone, Debug)]
pub struct Config {
    kind: EngineKind,
    trust: Trust,
    limits: Limits,
    harden: u8,
}

impl Default for Config {
    fn default() -> Self {
        Config { kind: EngineKind::Jit, trust: Trust::Untrusted, limits: Limits::default(), harden: 0 }
    }
}

impl Config {
    /// The defaults: machine code, untrusted plugins, Linux's limits, `harden` 0.
    #[must_use]
    pub fn new() -> Config {
        Config::default()
    }

    /// Chooses the machinery.
    #[must_use]
    pub fn engine(mut self, kind: EngineKind) -> Self {
        self.kind = kind;
        self
    }

    /// Whose plugins are loaded.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// What loads and runs may use.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Thread CPU time that one call may take; `None` for no bound.
    #[must_use]
    pub fn deadline(mut self, deadline: Option<Duration>) -> Self {
        self.limits.deadline = deadline;
        self
    }

    /// Hardening of machine code (`bpf_jit_harden`): 0 today, see [`Engine::new`].
    #[must_use]
    pub fn harden(mut self, level: u8) -> Self {
        self.harden = level;
        self
    }

    fn tighten(&mut self) -> Result<(), Error> {
        if let Some(jit) = env_number("STINGLESS_JIT")?
            && jit == 0
            && self.kind == EngineKind::Jit
        {
            self.kind = EngineKind::Interp;
        }
        if let Some(level) = env_number("STINGLESS_HARDEN")? {
            self.harden = self.harden.max(level.min(255) as u8);
        }
        if let Some(ms) = env_number("STINGLESS_DEADLINE_MS")? {
            let tighter = Duration::from_millis(ms);
            self.limits.deadline = Some(self.limits.deadline.map_or(tighter, |d| d.min(tighter)));
        }
        Ok(())
    }
}

fn env_number(name: &'static str) -> Result<Option<u64>, Error> {
    match std::env::var(name) {
        Ok(text) => match text.trim().parse() {
            Ok(n) => Ok(Some(n)),
            Err(_) => Err(Error::setting(name, &text, "a number")),
        },
        Err(_) => Ok(None),
    }
}

/// Settings shared by everything that is loaded with them. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Arc<Config>,
}

impl Default for Engine {
    /// The defaults of [`Config`], with `STINGLESS_*` ignored where they do not parse.
    fn default() -> Self {
        Engine::new(Config::default()).unwrap_or_else(|_| Engine { config: Arc::new(Config::default()) })
    }
}

impl Engine {
    /// An engine with these settings.
    ///
    /// A host that is built with `panic = "abort"`, or runs under user shadow stacks, does not survive a helper's
    /// panic; nothing else here needs unwinding.
    ///
    /// # Errors
    /// A setting that cannot be had: `harden` 1 and 2 are refused until hardened code generation is there.
    pub fn new(mut config: Config) -> Result<Engine, Error> {
        config.tighten()?;
        if config.harden > 0 {
            let found = config.harden.to_string();
            return Err(Error::setting("harden", &found, "0: hardened machine code is not available yet"));
        }
        Ok(Engine { config: Arc::new(config) })
    }

    /// The machinery.
    #[must_use]
    pub fn kind(&self) -> EngineKind {
        self.config.kind
    }

    /// Whose plugins are loaded.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.config.trust
    }

    /// The limits.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.config.limits
    }
}
