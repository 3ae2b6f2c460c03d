//! Hot reload: a program that can be replaced while it is being called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use stingless_abi::MapKind;
use stingless_object::Object;

use crate::collection::Collection;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::hook::Ctx;
use crate::load::Load;
use crate::maps::Map;
use crate::plugin::Plugin;
use crate::sync::{Mutex, lock};
use crate::vm::Trap;

/// What happens around reloads.
type OnReload = dyn Fn(&Path, Result<(), &Error>) + Send + Sync;

struct Inner<H: Ctx> {
    name: String,
    current: ArcSwap<Plugin<H>>,
    /// One reload at a time; holds the file watcher.
    reload: Mutex<Option<crate::watch::Watch>>,
}

/// A place for one program. Calls always find a whole generation: programs, maps and prog arrays of one object.
///
/// Calls in flight finish on the generation they started on; the old one is freed when the last of them ends.
pub struct Slot<H: Ctx> {
    inner: Arc<Inner<H>>,
}

impl<H: Ctx> Clone for Slot<H> {
    fn clone(&self) -> Self {
        Slot { inner: self.inner.clone() }
    }
}

impl Engine {
    /// A slot that starts with this plugin.
    #[must_use]
    pub fn slot<H: Ctx>(&self, plugin: Plugin<H>) -> Slot<H> {
        let name = plugin.name().to_owned();
        Slot { inner: Arc::new(Inner { name, current: ArcSwap::from_pointee(plugin), reload: Mutex::new(None) }) }
    }
}

impl<H: Ctx> Slot<H> {
    /// Runs the current program. See [`Plugin::call`].
    ///
    /// # Errors
    /// A trap.
    pub fn call(&self, ctx: &mut H::Of<'_>) -> Result<H::Verdict, Trap> {
        self.inner.current.load().call(ctx)
    }

    /// The current program.
    #[must_use]
    pub fn plugin(&self) -> Plugin<H> {
        Plugin::clone(&self.inner.current.load())
    }

    /// Puts another plugin in place and returns the old one.
    pub fn swap(&self, plugin: Plugin<H>) -> Plugin<H> {
        Plugin::clone(&self.inner.current.swap(Arc::new(plugin)))
    }

    /// Loads a new object with the linker of the current one, carries maps of the same name over, and swaps.
    ///
    /// Prog arrays and read-only data belong to a generation and are made anew; global variables (`.data`, `.bss`)
    /// carry over like any map.
    ///
    /// # Errors
    /// The object does not load, lacks the program, or has a map of a live one's name with another shape: the old
    /// object keeps serving.
    pub fn reload(&self, object: &Object) -> Result<()> {
        let _one = lock(&self.inner.reload);
        self.reload_locked(object)
    }

    fn reload_locked(&self, object: &Object) -> Result<()> {
        let old = self.plugin();
        let carried = carried(&old.collection());
        let collection = Load::new(&old.generation.linker).carry(carried).object(object)?.strict()?;
        let new = collection.plugin::<H>(&self.inner.name)?;
        self.inner.current.store(Arc::new(new));
        Ok(())
    }

    /// Reloads whenever the file changes, until the slot is dropped or [`Slot::unwatch`] is called.
    ///
    /// # Errors
    /// The file cannot be watched.
    pub fn watch(&self, path: impl Into<PathBuf>) -> Result<()>
    where
        H: 'static,
    {
        self.watch_with(path, |_, _| {})
    }

    /// Like [`Slot::watch`]; `report` hears of each reload and of each that was refused.
    ///
    /// # Errors
    /// The file cannot be watched.
    pub fn watch_with(
        &self,
        path: impl Into<PathBuf>,
        report: impl Fn(&Path, Result<(), &Error>) + Send + Sync + 'static,
    ) -> Result<()>
    where
        H: 'static,
    {
        let path = path.into();
        let report: Box<OnReload> = Box::new(report);
        let slot = Arc::downgrade(&self.inner);
        let watch = crate::watch::Watch::start(&path, move |path| {
            let Some(inner) = slot.upgrade() else { return };
            let result = crate::object::from_file(path).and_then(|object| Slot { inner }.reload_from(path, &object));
            report(path, result.as_ref().copied());
        })?;
        *lock(&self.inner.reload) = Some(watch);
        Ok(())
    }

    fn reload_from(&self, path: &Path, object: &Object) -> Result<()> {
        self.reload(object).map_err(|e| e.in_file(path))
    }

    /// Stops watching.
    pub fn unwatch(&self) {
        let watch = lock(&self.inner.reload).take();
        drop(watch);
    }
}

/// The maps that the next generation takes over.
fn carried(collection: &Collection) -> BTreeMap<String, (Map, String)> {
    let layout = |name: &str| collection.generation.layouts.get(name).cloned().unwrap_or_default();
    collection
        .maps()
        .filter(|(_, m)| m.spec().kind != MapKind::ProgArray && !m.is_frozen())
        .map(|(n, m)| (n.to_owned(), (m.clone(), layout(n))))
        .collect()
}
