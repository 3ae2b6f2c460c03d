//! Hot reload: a program that can be replaced while it is being called.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};

use arc_swap::ArcSwap;
use stingless_abi::MapKind;
use stingless_object::Object;

use crate::collection::{Collection, Generation};
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

/// What slots of one object share.
struct Live {
    current: ArcSwap<Generation>,
    siblings: Mutex<Vec<Weak<dyn Sibling>>>,
    /// One change at a time.
    change: Mutex<()>,
    watch: Mutex<Option<crate::watch::Watch>>,
}

/// A slot, whatever its hook.
trait Sibling: Send + Sync {
    /// Whether a new object has what this slot calls.
    fn accepts(&self, new: &Collection) -> Result<()>;
    /// Lets the old object go.
    fn refresh(&self, new: &Collection);
}

impl Live {
    /// Puts a whole new object in place: all slots change at once, or none.
    fn install(&self, new: &Collection) -> Result<Collection> {
        let siblings: Vec<Arc<dyn Sibling>> = {
            let mut known = lock(&self.siblings);
            known.retain(|s| s.strong_count() > 0);
            known.iter().filter_map(Weak::upgrade).collect()
        };
        siblings.iter().try_for_each(|s| s.accepts(new))?;
        let old = self.current.swap(new.generation.clone());
        siblings.iter().for_each(|s| s.refresh(new));
        Ok(Collection { generation: old })
    }

    fn collection(&self) -> Collection {
        Collection { generation: self.current.load_full() }
    }
}

struct Inner<H: Ctx> {
    live: Arc<Live>,
    name: String,
    /// The program in the generation that this slot saw last.
    seen: ArcSwap<Plugin<H>>,
}

impl<H: Ctx> Sibling for Inner<H> {
    fn accepts(&self, new: &Collection) -> Result<()> {
        new.plugin::<H>(&self.name).map(|_| ())
    }

    fn refresh(&self, new: &Collection) {
        if let Ok(plugin) = new.plugin::<H>(&self.name) {
            self.seen.store(Arc::new(plugin));
        }
    }
}

/// A place for one program of an object that can be replaced. Calls always find a whole generation: programs, maps and
/// prog arrays of one object.
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
    /// A slot that starts with this plugin, and a place for its whole object: see [`Slot::sibling`].
    #[must_use]
    pub fn slot<H: Ctx + 'static>(&self, plugin: Plugin<H>) -> Slot<H> {
        let live = Arc::new(Live {
            current: ArcSwap::new(plugin.generation.clone()),
            siblings: Mutex::default(),
            change: Mutex::default(),
            watch: Mutex::default(),
        });
        Slot::new(live, plugin)
    }
}

impl<H: Ctx + 'static> Slot<H> {
    fn new(live: Arc<Live>, plugin: Plugin<H>) -> Slot<H> {
        let name = plugin.name().to_owned();
        let inner = Arc::new(Inner { live, name, seen: ArcSwap::from_pointee(plugin) });
        let sibling: Arc<dyn Sibling> = inner.clone();
        lock(&inner.live.siblings).push(Arc::downgrade(&sibling));
        Slot { inner }
    }

    /// A slot for another program of the same object: both change at once, whichever of them is told to.
    ///
    /// # Errors
    /// The object has no such program, or one of another hook.
    pub fn sibling<S: Ctx + 'static>(&self, name: &str) -> Result<Slot<S>> {
        let _one = lock(&self.inner.live.change);
        let plugin = self.inner.live.collection().plugin::<S>(name)?;
        Ok(Slot::new(self.inner.live.clone(), plugin))
    }

    /// Runs the current program. See [`Plugin::call`].
    ///
    /// # Errors
    /// A trap.
    pub fn call(&self, ctx: &mut H::Of<'_>) -> Result<H::Verdict, Trap> {
        let seen = self.inner.seen.load();
        if Arc::ptr_eq(&seen.generation, &self.inner.live.current.load()) {
            return seen.call(ctx);
        }
        drop(seen);
        self.plugin().call(ctx)
    }

    /// The current program.
    #[must_use]
    pub fn plugin(&self) -> Plugin<H> {
        // `install` asked `accepts` first, so the current object has the program; else the last seen would serve.
        let current = self.inner.live.collection().plugin::<H>(&self.inner.name);
        current.unwrap_or_else(|_| Plugin::clone(&self.inner.seen.load()))
    }

    /// Puts another loaded object in place, and returns the old one. Its maps are its own: nothing carries over.
    ///
    /// # Errors
    /// The new object lacks a program of this slot or of a sibling: the old one keeps serving.
    pub fn swap(&self, new: &Collection) -> Result<Collection> {
        let _one = lock(&self.inner.live.change);
        self.inner.live.install(new)
    }

    /// Loads a new object with the linker of the current one, carries maps of the same name over, and swaps.
    ///
    /// Prog arrays and read-only data belong to a generation and are made anew; global variables (`.data`, `.bss`)
    /// carry over like any map.
    ///
    /// # Errors
    /// The object does not load, lacks a program, or has a map of a live one's name with another shape: the old object
    /// keeps serving.
    pub fn reload(&self, object: &Object) -> Result<()> {
        let _one = lock(&self.inner.live.change);
        let old = self.inner.live.collection();
        let new = Load::new(&old.generation.linker).carry(carried(&old)).object(object)?.strict()?;
        self.inner.live.install(&new).map(|_| ())
    }

    /// Reloads whenever the file changes, until the slot is dropped or [`Slot::unwatch`] is called.
    ///
    /// # Errors
    /// The file cannot be watched.
    pub fn watch(&self, path: impl Into<PathBuf>) -> Result<()> {
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
    ) -> Result<()> {
        let path = path.into();
        let report: Box<OnReload> = Box::new(report);
        let slot = Arc::downgrade(&self.inner);
        let watch = crate::watch::Watch::start(&path, move |path| {
            let Some(inner) = slot.upgrade() else { return };
            let result = crate::object::from_file(path).and_then(|object| Slot { inner }.reload_from(path, &object));
            report(path, result.as_ref().copied());
        })?;
        *lock(&self.inner.live.watch) = Some(watch);
        Ok(())
    }

    fn reload_from(&self, path: &Path, object: &Object) -> Result<()> {
        self.reload(object).map_err(|e| e.in_file(path))
    }

    /// Stops watching.
    pub fn unwatch(&self) {
        let watch = lock(&self.inner.live.watch).take();
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
