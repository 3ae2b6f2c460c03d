//! Prog arrays: programs that can be tail-called.
//!
//! They are process-local and hold no bytes of programs: a slot is a counted reference to what core runs, swapped
//! atomically, so that a run in progress goes on with what it found.

use std::any::Any;
use std::fmt;

use arc_swap::ArcSwapOption;

use super::fault::Fault;
use crate::sync::{Arc, OnceLock};

/// A program as a prog array holds it.
pub(crate) struct ProgTarget {
    /// What the program is for: programs of one array are all for the same hook.
    pub(crate) hook: Arc<str>,
    /// What the host reads at the index.
    pub(crate) id: u32,
    /// The program, for those who run it.
    pub(crate) program: Arc<dyn Any + Send + Sync>,
}

impl fmt::Debug for ProgTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProgTarget").field("hook", &self.hook).field("id", &self.id).finish_non_exhaustive()
    }
}

/// The slots of a prog array.
#[derive(Debug)]
pub(crate) struct ProgArray {
    slots: Box<[ArcSwapOption<ProgTarget>]>,
    /// Fixed by the first program that uses the array or enters it.
    hook: OnceLock<Arc<str>>,
}

impl ProgArray {
    /// Bytes of an array.
    pub(crate) fn bytes_for(entries: u32) -> usize {
        entries as usize * size_of::<ArcSwapOption<ProgTarget>>()
    }

    /// An array of empty slots; `None` without memory.
    pub(crate) fn new(entries: u32) -> Option<ProgArray> {
        let mut slots = Vec::new();
        slots.try_reserve_exact(entries as usize).ok()?;
        slots.resize_with(entries as usize, ArcSwapOption::empty);
        Some(ProgArray { slots: slots.into_boxed_slice(), hook: OnceLock::new() })
    }

    pub(crate) fn entries(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Fixes the hook, or compares: `Err` holds the hook that the array is for.
    pub(crate) fn bind(&self, hook: &Arc<str>) -> Result<(), Arc<str>> {
        let bound = self.hook.get_or_init(|| hook.clone());
        if bound == hook { Ok(()) } else { Err(bound.clone()) }
    }

    pub(crate) fn get(&self, index: u32) -> Option<Arc<ProgTarget>> {
        self.slots.get(index as usize)?.load_full()
    }

    /// The caller bound the hook.
    pub(crate) fn set(&self, index: u32, target: ProgTarget, flags: u64) -> Result<(), Fault> {
        if flags != 0 {
            return Err(Fault::Flags(flags));
        }
        self.slots.get(index as usize).ok_or(Fault::Index(index))?.store(Some(Arc::new(target)));
        Ok(())
    }

    pub(crate) fn delete(&self, index: u32) -> Result<(), Fault> {
        let slot = self.slots.get(index as usize).ok_or(Fault::Index(index))?;
        slot.swap(None).map(drop).ok_or(Fault::NotFound)
    }

    /// Empties every slot.
    pub(crate) fn clear(&self) {
        self.slots.iter().for_each(|slot| slot.store(None));
    }

    /// Indices of slots that hold a program.
    pub(crate) fn taken(&self) -> impl Iterator<Item = u32> {
        (0..self.entries()).filter(|&index| self.slots[index as usize].load().is_some())
    }
}
