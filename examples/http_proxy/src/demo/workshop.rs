//! The demo's own folder of plugins: objects are replaced there as an author would replace them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// Sources and committed objects.
fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

/// A folder that is removed when dropped.
#[derive(Debug)]
pub struct Workshop {
    objects: PathBuf,
    live: PathBuf,
    /// Whether the objects were compiled now, from the sources.
    pub compiled: bool,
}

/// Every object that the demo may install.
const OBJECTS: [&str; 5] = ["filter", "rate_limit", "routes", "rate_limit_v2", "bad_limit"];

impl Workshop {
    /// Makes the folder and fills it: with objects compiled now where `compile` is set and clang >= 16 is here, else
    /// with the committed ones.
    ///
    /// # Errors
    /// The folder cannot be written, or an object is missing.
    pub fn open(compile: bool) -> io::Result<Workshop> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("stingless-demo-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let root = std::env::temp_dir().join(name);
        let (objects, live) = (root.join("objects"), root.join("live"));
        std::fs::create_dir_all(&objects)?;
        std::fs::create_dir_all(&live)?;
        let mut workshop = Workshop { objects, live, compiled: false };
        workshop.compiled = compile && workshop.compile();
        if !workshop.compiled {
            for name in OBJECTS {
                let file = format!("{name}.bpf.o");
                std::fs::copy(plugins().join(&file), workshop.objects.join(&file))?;
            }
        }
        for name in ["filter", "rate_limit", "routes"] {
            workshop.install(name, name)?;
        }
        Ok(workshop)
    }

    fn compile(&self) -> bool {
        let mut build = Command::new("sh");
        build.arg(plugins().join("build.sh")).arg("-o").arg(&self.objects);
        build.args(OBJECTS.map(|name| format!("plugins/{name}.bpf.c")));
        build.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
    }

    /// The folder that the proxy watches.
    #[must_use]
    pub fn live(&self) -> &Path {
        &self.live
    }

    /// Puts an object in the place of plugin `plugin`, in one step: a watcher never sees half a file.
    ///
    /// # Errors
    /// The object is missing, or the folder cannot be written.
    pub fn install(&self, object: &str, plugin: &str) -> io::Result<()> {
        let fresh = self.live.join(format!(".{plugin}.new"));
        std::fs::copy(self.objects.join(format!("{object}.bpf.o")), &fresh)?;
        std::fs::rename(fresh, self.live.join(format!("{plugin}.bpf.o")))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Some(root) = self.live.parent() {
            // What is left in the temporary folder does no harm.
            let _ = std::fs::remove_dir_all(root);
        }
    }
}
