//! Kept states: what was explored before, how the paths hang together, and when one covers another.
//!
//! Invariants:
//!
//! 1. A kept state is *finished* when no path from it on is left to walk. An unfinished one is an ancestor of the path
//!    being walked, for paths are walked depth first.
//! 2. `low` is the earliest kept state that some path below ended at while that one was unfinished (a loop that
//!    converged). A finished state is *complete* when its `low` is: only then are its precision marks final, and only
//!    then may it be compared loosely.
//! 3. Except for converging loops, paths end at finished states: the kept states form a DAG, and `longest` is exact.

mod covers;
mod digest;
mod keep;

pub(crate) use covers::{Comparison, Mode, Scratch};
pub(crate) use digest::Digest;
pub(crate) use keep::{Widening, clean, renode, widen};

use std::rc::Rc;

use crate::state::{Frame, State};
use crate::trace::START;

/// Index of a kept state.
pub(crate) type KeptId = u32;

/// No kept state.
pub(crate) const NONE: KeptId = KeptId::MAX;

/// A kept state.
#[derive(Debug)]
pub(crate) struct Kept {
    /// The state; `None` once it was given up.
    pub(crate) state: Option<Box<State>>,
    /// Where it is.
    insn: usize,
    /// The kept state before it on the path.
    parent: KeptId,
    /// Instructions from the parent to here.
    steps: u64,
    /// Paths from here on that are not finished.
    branches: u32,
    /// Instructions of the longest path from here on, as far as known.
    pub(crate) longest: u64,
    /// See the invariants.
    low: KeptId,
    /// Passes through converging loops before it.
    pub(crate) rounds: u32,
    /// The last step in the trace before it.
    step: u32,
    hits: u32,
    misses: u32,
    bytes: usize,
}

/// The states kept at one instruction, latest last. Paths are walked depth first, so that the unfinished ones finish in
/// the opposite order; there may be very many of them in a long loop, of which few are ever looked at.
#[derive(Clone, Debug, Default)]
struct Place {
    finished: Vec<Candidate>,
    unfinished: Vec<Candidate>,
}

/// A kept state in the list of its place. That most of them cover nothing that comes by is seen without a look at each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    /// The state.
    pub(crate) id: KeptId,
    /// What it looks like.
    pub(crate) digest: Digest,
}

/// How a path came to a state that is being kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    /// The kept state before it.
    pub(crate) parent: KeptId,
    /// Instructions from there.
    pub(crate) steps: u64,
    /// Passes through converging loops.
    pub(crate) rounds: u32,
    /// The last step in the trace.
    pub(crate) step: u32,
}

/// All kept states.
#[derive(Debug)]
pub(crate) struct Keeper {
    kept: Vec<Kept>,
    /// By instruction: an index into `places`; 0 where nothing was ever kept.
    at: Vec<u32>,
    /// The first one stays empty.
    places: Vec<Place>,
    /// Bytes that the states take, roughly.
    bytes: usize,
    /// States held now, and at most.
    pub(crate) alive: u64,
    pub(crate) peak: u64,
}

impl Keeper {
    /// A keeper of the states of a code with that many instructions. Kept state 0 is the start of all paths.
    pub(crate) fn new(insns: usize) -> Keeper {
        let root = Kept {
            state: None,
            insn: 0,
            parent: NONE,
            steps: 0,
            branches: 1,
            longest: 0,
            low: NONE,
            rounds: 0,
            step: START,
            hits: 0,
            misses: 0,
            bytes: 0,
        };
        Keeper { kept: vec![root], at: vec![0; insns], places: vec![Place::default()], bytes: 0, alive: 0, peak: 0 }
    }

    /// How many states were ever kept.
    pub(crate) fn count(&self) -> u64 {
        self.kept.len() as u64 - 1
    }

    /// Bytes that all of this takes, roughly; where a list is about to grow, both are there.
    pub(crate) fn bytes(&self) -> usize {
        let lists = self.kept.capacity() * size_of::<Kept>() + self.places.capacity() * size_of::<Place>();
        self.bytes + lists * 3 / 2 + self.at.len() * size_of::<u32>()
    }

    fn place(&self, insn: usize) -> &Place {
        &self.places[self.at[insn] as usize]
    }

    fn place_mut(&mut self, insn: usize) -> &mut Place {
        if self.at[insn] == 0 {
            self.at[insn] = self.places.len() as u32;
            self.places.push(Place::default());
        }
        &mut self.places[self.at[insn] as usize]
    }

    /// Whether any state that is still there was kept at an instruction.
    pub(crate) fn has_any(&self, insn: usize) -> bool {
        let place = self.place(insn);
        !(place.finished.is_empty() && place.unfinished.is_empty())
    }

    /// The finished states kept at an instruction, latest last.
    pub(crate) fn finished(&self, insn: usize) -> &[Candidate] {
        &self.place(insn).finished
    }

    /// The unfinished states kept at an instruction, latest last.
    pub(crate) fn unfinished_at(&self, insn: usize) -> &[Candidate] {
        &self.place(insn).unfinished
    }

    /// The instruction with the most kept states, of those that `counts` selects.
    pub(crate) fn hottest(&self, counts: impl Fn(usize) -> bool) -> Option<usize> {
        let kept = |insn: &usize| self.place(*insn).finished.len() + self.place(*insn).unfinished.len();
        (0..self.at.len()).filter(|&insn| counts(insn)).max_by_key(kept)
    }

    /// A kept state.
    pub(crate) fn get(&self, id: KeptId) -> &Kept {
        &self.kept[id as usize]
    }

    /// Whether paths from a kept state on are left to walk.
    pub(crate) fn unfinished(&self, id: KeptId) -> bool {
        self.get(id).branches > 0
    }

    /// The unfinished state that a finished one's marks still depend on; `NONE` if they are final.
    pub(crate) fn depends_on(&self, id: KeptId) -> KeptId {
        let mut id = id;
        loop {
            if self.unfinished(id) {
                return id;
            }
            let low = self.get(id).low;
            // `low` is an ancestor: indices fall, and this ends.
            if low == NONE || low >= id {
                return NONE;
            }
            id = low;
        }
    }

    /// Keeps a state, of whose current frame these registers are live; the path goes on from it.
    pub(crate) fn keep(&mut self, (insn, live): (usize, u16), state: Box<State>, before: Before) -> KeptId {
        let Before { parent, steps, rounds, step } = before;
        let id = self.kept.len() as KeptId;
        let bytes = state_bytes(&state);
        let digest = Digest::of(&state, live, true);
        self.kept.push(Kept {
            state: Some(state),
            insn,
            parent,
            steps,
            branches: 1,
            longest: 0,
            low: NONE,
            rounds,
            step,
            hits: 0,
            misses: 0,
            bytes,
        });
        self.place_mut(insn).unfinished.push(Candidate { id, digest });
        // What the lists of its place take of it, too.
        self.bytes += bytes + 4 * size_of::<Candidate>();
        self.alive += 1;
        self.peak = self.peak.max(self.alive);
        id
    }

    /// Another path starts from a kept state.
    pub(crate) fn fork(&mut self, id: KeptId) {
        self.kept[id as usize].branches += 1;
    }

    /// A kept state covered a path.
    pub(crate) fn hit(&mut self, id: KeptId) {
        self.kept[id as usize].hits += 1;
    }

    /// A finished state did not cover a path. Gives it up where it never helps.
    pub(crate) fn miss(&mut self, id: KeptId, patience: u32) {
        let kept = &mut self.kept[id as usize];
        kept.misses += 1;
        if kept.misses <= kept.hits.saturating_mul(patience).saturating_add(patience) {
            return;
        }
        kept.state = None;
        self.bytes -= kept.bytes;
        self.alive -= 1;
        let insn = kept.insn;
        self.place_mut(insn).finished.retain(|k| k.id != id);
    }

    /// The kept state before one on its path, if there is one.
    pub(crate) fn before(&self, id: KeptId) -> Option<KeptId> {
        Some(self.get(id).parent).filter(|&p| p != NONE)
    }

    /// Gives up an unfinished state: it will cover nothing. See `refine`.
    pub(crate) fn withdraw(&mut self, id: KeptId) {
        let kept = &mut self.kept[id as usize];
        if kept.state.take().is_none() {
            return;
        }
        self.bytes -= kept.bytes;
        self.alive -= 1;
        let insn = kept.insn;
        self.place_mut(insn).unfinished.retain(|k| k.id != id);
    }

    /// A path ends that started from kept state `id`, `steps` instructions ago; at kept state `low`, if that is not final.
    pub(crate) fn end(&mut self, id: KeptId, steps: u64, low: KeptId) {
        let (mut id, mut steps, mut low) = (id, steps, low);
        loop {
            let kept = &mut self.kept[id as usize];
            kept.longest = kept.longest.max(steps);
            kept.low = kept.low.min(low);
            kept.branches = kept.branches.saturating_sub(1);
            if kept.branches > 0 || kept.parent == NONE {
                return;
            }
            if kept.low == id {
                kept.low = NONE;
            }
            let place = &mut self.places[self.at[kept.insn] as usize];
            // The last one, for what is kept later on a path finishes earlier.
            if let Some(index) = place.unfinished.iter().rposition(|k| k.id == id) {
                let candidate = place.unfinished.remove(index);
                place.finished.push(candidate);
            }
            steps = kept.steps.saturating_add(kept.longest);
            low = kept.low;
            id = kept.parent;
        }
    }
}

impl Kept {
    /// Where it is.
    pub(crate) fn insn(&self) -> usize {
        self.insn
    }

    /// The last step in the trace before it.
    pub(crate) fn step(&self) -> u32 {
        self.step
    }

    /// Whether it covered a path.
    pub(crate) fn covered(&self) -> bool {
        self.hits > 0
    }
}

/// Bytes of a state, roughly. Callers' frames count where few others share them.
pub(crate) fn state_bytes(state: &State) -> usize {
    let top = state.depth() - 1;
    let own = |(at, f): &(usize, &Rc<Frame>)| *at == top || Rc::strong_count(f) <= 3;
    let frames = state.frames().iter().enumerate().filter(own);
    let frames: usize = frames.map(|(_, f)| size_of::<Frame>() + size_of_val(f.stack.slots()) + 32).sum();
    size_of::<State>() + frames + state.depth() * 8 + state.reaches.len() * 16 + 64
}
