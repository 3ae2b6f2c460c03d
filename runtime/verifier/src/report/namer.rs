//! What the program calls the values on a path, step by step.

use stingless_isa::Reg;
use stingless_object::Unit;

use super::causes::Scene;
use super::replay::{How, Replay, Vid};
use super::{Blame, Kind};
use crate::cfg::Cfg;

/// Names the values of a path, for whoever walks along it.
pub(crate) struct Namer<'a> {
    scene: Scene<'a>,
}

impl<'a> Namer<'a> {
    /// Before the first step of a path of instructions.
    pub(crate) fn new(unit: &'a Unit, cfg: &'a Cfg, path: &'a [u32]) -> Namer<'a> {
        let at = path.last().map_or(0, |&at| at as usize);
        // What failed does not matter to names.
        Namer {
            scene: Scene { unit, cfg, replay: Replay::start(unit, path), kind: Kind::Bug, blame: Blame::default(), at },
        }
    }

    /// Walks over a step; the last one of a path is not known to be passed.
    pub(crate) fn step(&mut self, step: usize) {
        if step + 1 < self.scene.replay.path.len() {
            self.scene.replay.step(step);
        }
    }

    /// The name of what a register of the current frame holds.
    pub(crate) fn register(&self, reg: Reg) -> Option<String> {
        self.named(self.scene.replay.reg(reg))
    }

    /// The name of what stands on the current frame's stack.
    pub(crate) fn slot(&self, off: i64) -> Option<String> {
        self.named(self.scene.replay.own_slot(off)?)
    }

    fn named(&self, vid: Vid) -> Option<String> {
        // Addresses that are made for a call are on the line of something else.
        match self.scene.replay.value(vid).how {
            How::Frame(..) | How::Ref(_) | How::Unset | How::Lost => None,
            How::Entry(_)
            | How::Const(_)
            | How::Helper(_)
            | How::Callback(..)
            | How::Function
            | How::Load { .. }
            | How::Filled(_)
            | How::Alu { .. }
            | How::Unary(_) => self.scene.plain_name(vid),
        }
    }
}
