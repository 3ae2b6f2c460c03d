//! Several plugins on one hook, by priority, until one decides.

use crate::hook::Ctx;
use crate::plugin::Plugin;
use crate::slot::Slot;
use crate::vm::Trap;

/// One link of a chain.
enum Link<H: Ctx> {
    Fixed(Plugin<H>),
    Swappable(Slot<H>),
}

/// Plugins of one hook that run in order of their priority until one's verdict is final.
pub struct Chain<H: Ctx> {
    links: Vec<(i32, Link<H>)>,
    goes_on: fn(&H::Verdict) -> bool,
}

impl<H: Ctx + 'static> Chain<H> {
    /// An empty chain; `goes_on` says which verdicts let the next plugin run.
    #[must_use]
    pub fn new(goes_on: fn(&H::Verdict) -> bool) -> Chain<H> {
        Chain { links: Vec::new(), goes_on }
    }

    /// Adds a plugin. Lower priorities run first; equal ones in the order in which they were added.
    pub fn add(&mut self, priority: i32, plugin: Plugin<H>) -> &mut Self {
        self.insert(priority, Link::Fixed(plugin))
    }

    /// Adds a slot, whose plugin can be swapped.
    pub fn add_slot(&mut self, priority: i32, slot: Slot<H>) -> &mut Self {
        self.insert(priority, Link::Swappable(slot))
    }

    fn insert(&mut self, priority: i32, link: Link<H>) -> &mut Self {
        let at = self.links.partition_point(|(p, _)| *p <= priority);
        self.links.insert(at, (priority, link));
        self
    }

    /// How many plugins.
    #[must_use]
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    /// Runs the plugins in order. The result is the first final verdict, or the last one; `None` of an empty chain.
    ///
    /// # Errors
    /// The first trap: plugins after it do not run, and the host decides whether that opens or closes the door.
    pub fn call(&self, ctx: &mut H::Of<'_>) -> Result<Option<H::Verdict>, Trap> {
        let mut last = None;
        for (_, link) in &self.links {
            let verdict = match link {
                Link::Fixed(plugin) => plugin.call(ctx)?,
                Link::Swappable(slot) => slot.call(ctx)?,
            };
            let go_on = (self.goes_on)(&verdict);
            last = Some(verdict);
            if !go_on {
                break;
            }
        }
        Ok(last)
    }
}
