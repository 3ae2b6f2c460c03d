//! Watches one file, through `notify`: editors replace files, so the folder is watched.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use notify::{EventKind, RecursiveMode, Watcher};

use crate::error::{Error, Result};

/// A running watch; ends when dropped.
pub(crate) struct Watch {
    _watcher: notify::RecommendedWatcher,
}

/// Writers emit several events per save: those closer together than this are one.
const SETTLE: Duration = Duration::from_millis(30);

impl Watch {
    /// Calls `changed` from a thread of its own after the file was written or replaced.
    pub(crate) fn start(path: &Path, changed: impl Fn(&Path) + Send + 'static) -> Result<Watch> {
        let io = |message: String| Error::Io { path: path.to_owned(), source: std::io::Error::other(message) };
        let path = std::fs::canonicalize(path).map_err(|source| Error::Io { path: path.to_owned(), source })?;
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        let (send, events) = std::sync::mpsc::channel::<()>();
        let watched = path.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|e| concerns(&e, &watched)) {
                // The receiver is gone only while the watch is being dropped.
                let _ = send.send(());
            }
        })
        .map_err(|e| io(e.to_string()))?;
        watcher.watch(&folder, RecursiveMode::NonRecursive).map_err(|e| io(e.to_string()))?;
        std::thread::Builder::new()
            .name("stingless-watch".into())
            .spawn(move || wait(&events, &path, changed))
            .map_err(|source| Error::Io { path: PathBuf::from("thread"), source })?;
        Ok(Watch { _watcher: watcher })
    }
}

fn concerns(event: &notify::Event, path: &Path) -> bool {
    let changes = matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_));
    changes && event.paths.iter().any(|p| p == path)
}

fn wait(events: &std::sync::mpsc::Receiver<()>, path: &Path, changed: impl Fn(&Path)) {
    while events.recv().is_ok() {
        let until = Instant::now() + SETTLE;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if events.recv_timeout(left).is_err() {
                break;
            }
        }
        changed(path);
    }
}
