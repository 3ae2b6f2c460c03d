//! What a program must give back before it leaves, as statements to paste.

use stingless_abi::{ArgKind, ObjectAction, ObjectKind, Proto, Ret, Section};

use super::causes::Scene;
use super::ctext;
use super::replay::{How, Vid};

impl Scene<'_> {
    /// `return 0;`, with what must be given back before it.
    pub(super) fn leave(&self) -> String {
        let mut ends = self.held_objects();
        ends.extend(self.held_references());
        ends.extend(self.held_lock());
        ends.extend(self.held_sections());
        if ends.is_empty() { "return 0;".to_owned() } else { format!("{{ {} return 0; }}", ends.join(" ")) }
    }

    /// What ends the objects on the stack that the failing function has made.
    fn held_objects(&self) -> Vec<String> {
        let mut held: Vec<(How, usize)> = Vec::new();
        for (step, proto, args) in self.replay.calls_from(0) {
            for (arg, vid) in proto.args.iter().zip(args) {
                let ArgKind::Object { action, .. } = arg.kind else { continue };
                let place = self.replay.value(vid).how;
                held.retain(|h| h.0 != place || action == ObjectAction::Step);
                if action == ObjectAction::Make && self.is_own(step) {
                    held.push((place, step));
                }
            }
        }
        held.iter().filter_map(|h| self.ending(self.replay.path[h.1] as usize)).collect()
    }

    /// What gives back the references that the failing function has acquired.
    fn held_references(&self) -> Vec<String> {
        let acquired = (0..self.replay.values()).filter(|&vid| {
            let made = self.replay.value(vid);
            let How::Helper(id) = made.how else { return false };
            let takes = self.unit.protos.get(id).is_some_and(|p| matches!(p.ret, Ret::AcquiredOrNull { .. }));
            takes && self.is_own(made.step) && self.release_of(vid).is_none() && self.found_set(vid)
        });
        acquired.filter_map(|vid| self.releasing(vid)).collect()
    }

    /// Whether the path found a reference not to be NULL: the one that is being checked holds nothing where it is NULL.
    fn found_set(&self, vid: Vid) -> bool {
        self.replay.last_compared(vid).is_some() && !self.found_null(vid)
    }

    fn held_lock(&self) -> Option<String> {
        let (step, taken, _) = self.replay.calls_from(0).filter(|(_, p, _)| p.effects.lock.is_some()).last()?;
        if taken.effects.lock != Some(true) || !self.is_own(step) {
            return None;
        }
        let unlock = self.unit.protos.iter().find(|p| p.effects.lock == Some(false))?;
        let line = self.unit.line_of(self.replay.path[step] as usize)?;
        let lock = *ctext::arguments(&line.text, &taken.name)?.first()?;
        Some(format!("{}({lock});", unlock.name))
    }

    fn held_sections(&self) -> Vec<String> {
        let mut held: Vec<Section> = Vec::new();
        for (step, proto, _) in self.replay.calls_from(0) {
            match proto.effects.section {
                Some(Section::ReadEnter) if self.is_own(step) => held.push(Section::ReadLeave),
                Some(Section::PreemptOff) if self.is_own(step) => held.push(Section::PreemptOn),
                Some(left @ (Section::ReadLeave | Section::PreemptOn)) => {
                    if let Some(at) = held.iter().rposition(|&h| h == left) {
                        held.remove(at);
                    }
                }
                Some(Section::ReadEnter | Section::PreemptOff) | None => {}
            }
        }
        let leaves = |section: Section| self.unit.protos.iter().find(|p| p.effects.section == Some(section));
        held.into_iter().rev().filter_map(|s| Some(format!("{}();", leaves(s)?.name))).collect()
    }

    /// Whether a step was made by the function that fails: its variables are at hand there.
    fn is_own(&self, step: usize) -> bool {
        let subprog = |at: u32| self.unit.code.subprog_of(at as usize);
        subprog(self.replay.path[step]) == subprog(self.at as u32)
    }

    /// `bpf_ringbuf_discard(e, 0);`
    fn releasing(&self, vid: Vid) -> Option<String> {
        let How::Helper(id) = self.replay.value(vid).how else { return None };
        let Ret::AcquiredOrNull { class, .. } = self.unit.protos.get(id)?.ret else { return None };
        let gives_back = |p: &Proto| {
            let arg = p.effects.releases.and_then(|index| p.args.get(usize::from(index)));
            arg.is_some_and(|a| matches!(a.kind, ArgKind::Acquired(wanted) if wanted.takes(class)))
        };
        let mut releases: Vec<&Proto> = self.unit.protos.iter().map(|p| &**p).filter(|p| gives_back(p)).collect();
        releases.sort_by_key(|p| !p.name.contains("discard"));
        let helper = releases.first()?;
        let name = self.plain_name(vid)?;
        let rest = ", 0".repeat(helper.args.len().saturating_sub(1));
        Some(format!("{}({name}{rest});", helper.name))
    }

    /// `bpf_iter_num_destroy(&it);` for the object that an instruction makes.
    fn ending(&self, made: usize) -> Option<String> {
        let (maker, place, kind) = self.object_made(made)?;
        let wanted = ArgKind::Object { kind, action: ObjectAction::Destroy };
        let mut ends: Vec<&Proto> = self.unit.protos.iter().map(|p| &**p).collect();
        ends.retain(|p| p.args.first().is_some_and(|a| a.kind == wanted));
        ends.sort_by_key(|p| !p.name.contains("discard"));
        let end = ends.first()?;
        let names = self.unit.line_of(made).and_then(|l| ctext::arguments(&l.text, &maker.name));
        let name = names.and_then(|n| n.get(place).copied())?;
        let rest = ", 0".repeat(end.args.len().saturating_sub(1));
        Some(format!("{}({name}{rest});", end.name))
    }

    /// The helper that makes an object on the stack, which argument of it the object is, and its kind.
    fn object_made(&self, made: usize) -> Option<(&Proto, usize, ObjectKind)> {
        let maker = self.helper_at(made)?;
        maker.args.iter().enumerate().find_map(|(place, a)| match a.kind {
            ArgKind::Object { kind, action: ObjectAction::Make } => Some((maker, place, kind)),
            _ => None,
        })
    }

    /// What to do about the reference that is still held.
    pub(super) fn release(&self) -> Option<String> {
        let (_, vid) = self.leaked()?;
        let Some(statement) = self.releasing(vid) else {
            return Some("keep what the call returned in a variable, and give it back before leaving".to_owned());
        };
        if let Some(line) = self.renamed_at(vid) {
            let name = self.plain_name(vid)?;
            return Some(format!("give it back before `{name}` gets another value in line {line}"));
        }
        // Where the paths with and without it meet again, it is given back if it is there.
        let guard = match self.plain_name(vid).filter(|_| self.meets_null(vid)) {
            Some(name) => format!("if ({name}) "),
            None => String::new(),
        };
        Some(format!("give it back before leaving{}: `{guard}{statement}`", self.way_out()))
    }

    /// The line where the variable that holds a reference gets another value, later on the path.
    fn renamed_at(&self, vid: Vid) -> Option<u32> {
        let name = self.plain_name(vid)?;
        let later = (vid + 1..self.replay.values()).filter(|&v| matches!(self.replay.value(v).how, How::Helper(_)));
        let other = later.into_iter().find(|&v| self.plain_name(v).as_ref() == Some(&name))?;
        self.unit.line_of(self.replay.path[self.replay.value(other).step] as usize).map(|l| l.line)
    }

    /// Whether a path on which a value is NULL gets to the failing instruction, too.
    fn meets_null(&self, vid: Vid) -> bool {
        let Some(compared) = self.replay.last_compared(vid) else { return false };
        let succs = self.cfg.succs(self.unit, self.replay.path[compared.step] as usize);
        let other = if compared.taken { succs.fall } else { succs.taken };
        let returns = self.unit.line_of(self.at).is_some_and(|l| l.text.trim_start().starts_with("return"));
        let before = |at: usize| {
            let succs = self.cfg.succs(self.unit, at);
            [succs.fall, succs.taken].contains(&Some(self.at as u32))
        };
        returns && other.is_some_and(|other| other as usize == self.at || self.reaches(other, before))
    }

    /// Where all ways out are one, the way that the path takes.
    fn way_out(&self) -> String {
        let closes = self.unit.line_of(self.at).is_some_and(|l| ctext::closes(&l.text));
        let last = self.replay.compared.last().filter(|_| closes);
        let line = last.and_then(|c| self.unit.line_of(self.replay.path[c.step] as usize));
        line.map_or(String::new(), |l| format!(", on the way out of line {}", l.line))
    }

    /// The helper that ends the object on the stack that is still there.
    pub(super) fn destroy(&self) -> Option<String> {
        let made = self.blame.made? as usize;
        let statement = self.ending(made)?;
        let or = if self.object_made(made)?.2.row().iterator { ", or let `bpf_for` do it" } else { "" };
        Some(format!("destroy it before leaving{}: `{statement}`{or}", self.way_out()))
    }
}
