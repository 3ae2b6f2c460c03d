//! What ended a pointer that was good once: a release, the end of the object on the stack that it looks into, a packet that
//! moved. What a helper made of another pointer ends with that one.

use stingless_abi::{Arg, ArgKind, ObjectAction, Proto, Ret};
use stingless_isa::Reg;

use super::Kind;
use super::causes::{Event, Scene};
use super::replay::{How, Vid};

/// How a pointer ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'s> {
    /// Where on the path.
    pub(super) step: usize,
    /// What was taken back or destroyed: the value itself, or one that it was made of.
    pub(super) whole: Vid,
    /// The helper; `None` for a store of the program's own.
    by: Option<&'s Proto>,
    why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Why {
    /// Given back.
    Released,
    /// The object on the stack was destroyed, given back or overwritten.
    Object,
    /// The packet may have moved.
    Moved,
}

/// Chains of casts that are followed.
const MAX_CASTS: usize = 8;

impl Scene<'_> {
    /// What ended the pointer at fault, where the state forgot what it was: its kind, then, says better what is wrong.
    pub(super) fn given_back(&self) -> Option<Ended<'_>> {
        let forgot = matches!(self.kind, Kind::UninitRegister | Kind::UninitStack | Kind::ReferenceReleased);
        let vid = self.culprit().filter(|_| forgot)?;
        let filled = if self.kind == Kind::UninitStack { self.filled_slot()? } else { vid };
        self.ended(filled)
    }

    /// The value in the stack bytes at fault.
    fn filled_slot(&self) -> Option<Vid> {
        let How::Frame(frame, _) = self.replay.value(self.culprit()?).how else { return None };
        self.replay.slot(frame, self.blame.stack?)
    }

    /// What ended a value on this path, if something did.
    pub(super) fn ended(&self, vid: Vid) -> Option<Ended<'_>> {
        let mut at = self.replay.root(vid);
        for _ in 0..MAX_CASTS {
            if let Some((step, proto, _)) = self.release_of(at) {
                return Some(Ended { step, whole: at, by: Some(proto), why: Why::Released });
            }
            let (proto, args) = self.maker(at)?;
            match proto.ret {
                Ret::HostOrNull { .. } => {
                    let of = proto.args.iter().position(|a| matches!(a.kind, ArgKind::HostObject(_)))?;
                    at = self.replay.root(args[of]);
                }
                Ret::ViewOrNull { .. } | Ret::ElementOrNull { .. } => return self.object_ended(at),
                Ret::AcquiredOrNull { .. }
                | Ret::MapValueOrNull
                | Ret::MapValueMaybe
                | Ret::Scalar { .. }
                | Ret::Void => return None,
            }
        }
        None
    }

    /// The helper that made a value, with its arguments.
    fn maker(&self, vid: Vid) -> Option<(&Proto, [Vid; 5])> {
        let made = self.replay.value(vid);
        let How::Helper(id) = made.how else { return None };
        Some((self.unit.protos.get(id)?, self.replay.arguments(made.step)?))
    }

    /// What ended the object on the stack that a pointer looks into.
    fn object_ended(&self, view: Vid) -> Option<Ended<'_>> {
        let (proto, args) = self.maker(view)?;
        let of = proto.args.iter().position(|a| matches!(a.kind, ArgKind::Object { .. } | ArgKind::Dynptr(_)))?;
        let place = self.replay.value(args[of]).how;
        let from = self.replay.value(view).step;
        let destroys = |a: &Arg| matches!(a.kind, ArgKind::Object { action: ObjectAction::Destroy, .. });
        let mut ends: Option<Ended<'_>> = None;
        for (step, proto, args) in self.replay.calls_from(from) {
            let whole = proto.args.iter().position(destroys).filter(|&i| self.replay.value(args[i]).how == place);
            let why = match whole {
                Some(_) => Why::Object,
                None if proto.may_move_packet() => Why::Moved,
                None => continue,
            };
            ends = Some(Ended { step, whole: view, by: Some(proto), why });
            if why == Why::Object {
                break;
            }
        }
        let How::Frame(frame, off) = place else { return ends };
        let over =
            |w: &&super::replay::Written| w.step > from && w.frame == frame && w.off < off + 16 && w.off + w.len > off;
        let store = self.replay.written.iter().find(over);
        ends.or(store.map(|w| Ended { step: w.step, whole: view, by: None, why: Why::Object }))
    }

    /// The end, as a place along the causal chain.
    pub(super) fn end_event(&self, ended: &Ended<'_>) -> Event {
        let by = ended.by.map_or("this store", |p| &p.name);
        let message = match ended.why {
            Why::Released => format!("`{by}` gives it back here: no copy of it may be used afterwards"),
            Why::Object if ended.by.is_none() => "the object that it points into is overwritten here".to_owned(),
            Why::Object => format!("`{by}` ends the object that it points into"),
            Why::Moved => format!("`{by}` may move the data: pointers taken before are stale"),
        };
        (ended.step, message)
    }

    /// The sentence for a pointer that has ended, and the kind that it is.
    pub(super) fn end_sentence(&self, ended: &Ended<'_>) -> (Kind, String) {
        let vid = match self.kind {
            Kind::UninitStack => self.filled_slot(),
            _ => self.culprit(),
        };
        let root = vid.map_or(ended.whole, |vid| self.replay.root(vid));
        let name = self.name_or(root, "the pointer");
        let by = ended.by.map_or("a store", |p| &p.name);
        match ended.why {
            Why::Released if root == ended.whole => {
                (Kind::ReferenceReleased, format!("{name} is used after `{by}` took it back"))
            }
            Why::Released => {
                let whole = self.name_or(ended.whole, "what it was made of");
                (
                    Kind::ReferenceReleased,
                    format!("{name} is used after `{by}` took back {whole}, which it is a part of"),
                )
            }
            Why::Object if ended.by.is_none() => (
                Kind::ReferenceReleased,
                format!("{name} is used after the object that it points into was overwritten"),
            ),
            Why::Object => (Kind::ReferenceReleased, format!("{name} is used after `{by}` ended what it points into")),
            Why::Moved => (Kind::PacketStale, format!("{name} is used after `{by}`, which may have moved the data")),
        }
    }

    /// The values along the casts from what was released to what was used, oldest first.
    pub(super) fn casts(&self, vid: Vid, whole: Vid) -> Vec<Vid> {
        let mut at = self.replay.root(vid);
        let mut chain = vec![at];
        while at != whole && chain.len() <= MAX_CASTS {
            let Some((proto, args)) = self.maker(at) else { break };
            let Some(of) = proto.args.iter().position(|a| matches!(a.kind, ArgKind::HostObject(_))) else { break };
            at = self.replay.root(args[of]);
            chain.push(at);
        }
        chain.reverse();
        chain
    }

    /// The register that a store writes through, or a load reads through.
    pub(super) fn base_register(&self) -> Option<Reg> {
        super::advice::accessed(&self.unit.code.insns()[self.at]).map(|(base, _, _)| base)
    }
}
