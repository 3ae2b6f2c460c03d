//! CO-RE: what an instruction says of a type of the plugin's, said of the host's type of the same name instead.
//!
//! A record names a type, a path through it, and a question: where is the field, how long, is it there? The answer is
//! worked out twice. Of the plugin's own types it must be what the compiler wrote into the instruction; of the host's,
//! it is what the instruction shall hold. Rules are libbpf's: names without flavours, compatible kinds, one answer from
//! all types that fit. What has no answer becomes poison, with the reason in words.
//!
//! 1. The work is counted, whatever the types look like: [`Exhausted`] ends it.
//! 2. Nothing here is trusted: a wrong answer gives a program that the verifier refuses.

mod compat;
mod matching;
mod patch;
mod spec;
mod value;

use std::collections::BTreeMap;
use std::sync::Arc;

use stingless_isa::Insn;

use crate::btf::{Btf, CoreRelo, HostTypes, TypeId};
use matching::Miss;
use spec::{MAX_STEPS, Spec};
use value::{Answer, Change, Question};

/// Steps that the relocations of one program may take. Linux's own programs take some ten thousand.
pub(crate) const WORK: u64 = 1 << 22;

/// The relocations of a program need more than [`WORK`] steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted;

/// What is left to do with.
struct Work(u64);

impl Work {
    fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.0 = self.0.checked_sub(steps as u64).ok_or(Exhausted)?;
        Ok(())
    }

    /// One name is compared.
    fn name(&mut self, name: &[u8]) -> Result<(), Exhausted> {
        self.spend(1 + name.len() / 64)
    }
}

/// What becomes of an instruction.
#[derive(Clone, Debug)]
enum Fate {
    /// It is right as it is.
    Keep,
    Patch(Change),
    Poison(Arc<str>),
}

/// A type of the host that a type of the plugin may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Candidate {
    /// Index of the host's types.
    host: usize,
    id: TypeId,
}

/// Relocates the instructions of one program.
pub(crate) struct Relocator<'a> {
    local: Option<&'a Btf>,
    hosts: Vec<&'a HostTypes>,
    work: Work,
    /// By type of the plugin: those of the host that every relocation so far found fitting.
    candidates: BTreeMap<TypeId, Vec<Candidate>>,
    /// By type, path and kind.
    known: BTreeMap<(TypeId, u32, u32), Fate>,
}

impl<'a> Relocator<'a> {
    /// `hosts` are asked in order: the first that has a type of the right name answers.
    pub(crate) fn new(local: Option<&'a Btf>, hosts: Vec<&'a HostTypes>) -> Relocator<'a> {
        Relocator { local, hosts, work: Work(WORK), candidates: BTreeMap::new(), known: BTreeMap::new() }
    }

    /// The instruction as it is for this host, or why there is none.
    pub(crate) fn relocate(&mut self, relo: &CoreRelo, insn: Insn) -> Result<Result<Insn, Arc<str>>, Exhausted> {
        let key = (relo.ty, relo.access, relo.kind);
        let fate = match self.known.get(&key) {
            Some(fate) => fate.clone(),
            None => {
                let fate = match self.fate(relo)? {
                    Ok(fate) => fate,
                    Err(why) => Fate::Poison(self.reason(why)?),
                };
                self.known.insert(key, fate.clone());
                fate
            }
        };
        Ok(match fate {
            Fate::Keep => Ok(insn),
            Fate::Poison(why) => Err(why),
            Fate::Patch(change) => match patch::patched(insn, &change) {
                Ok(insn) => Ok(insn),
                Err(why) => Err(self.reason(why)?),
            },
        })
    }

    /// Reasons are kept: a million of them would be too many.
    fn reason(&mut self, why: String) -> Result<Arc<str>, Exhausted> {
        self.work.spend(64)?;
        Ok(why.into())
    }

    fn fate(&mut self, relo: &CoreRelo) -> Result<Result<Fate, String>, Exhausted> {
        let Some(question) = Question::new(relo.kind) else {
            return Ok(Err(format!("relocations of kind {} are not known", relo.kind)));
        };
        self.work.spend(MAX_STEPS)?;
        let Some(local) = self.local else { return Ok(Err("the object has no types".into())) };
        let spec = match Spec::parse(local, relo, question) {
            Ok(spec) => spec,
            Err(why) => return Ok(Err(why)),
        };
        if question == Question::LocalTypeId {
            return Ok(Ok(Fate::Keep));
        }
        if local.essential_name(relo.ty).is_empty() {
            return Ok(Err("types without a name cannot be looked for".into()));
        }
        let found = self.search(&spec, question, local)?;
        Ok(found.and_then(|found| {
            let was = value::answer(local, question, Some(&spec)).map_err(|e| e.of("the plugin"))?;
            Ok(Fate::Patch(Change::new(was, found)))
        }))
    }

    /// What the host's types say: all that fit must say the same.
    fn search(&mut self, spec: &Spec, question: Question, local: &Btf) -> Result<Result<Answer, String>, Exhausted> {
        let candidates = self.candidates(spec.root, local)?;
        let mut fitting: Vec<(Candidate, u64, Result<Answer, String>)> = Vec::new();
        let mut missed: Option<(Candidate, Miss)> = None;
        for &candidate in &candidates {
            let host = self.hosts[candidate.host].btf();
            let found = match matching::find(&mut self.work, (local, spec), host, candidate.id, question)? {
                Ok(found) => found,
                Err(miss) => {
                    missed.get_or_insert((candidate, miss));
                    continue;
                }
            };
            let answer = value::answer(host, question, Some(&found)).map_err(|e| e.of("the host"));
            if let Some((first, at, known)) = fitting.first()
                && (*at != found.bit_offset || !Answer::agree(known, &answer))
            {
                return Ok(Err(self.ambiguous(*first, known, candidate, &answer)));
            }
            fitting.push((candidate, found.bit_offset, answer));
        }
        let Some((_, _, answer)) = fitting.first() else {
            return Ok(value::answer(local, question, None).map_err(|_| self.missing(spec, local, &candidates, missed)));
        };
        let answer = answer.clone();
        self.candidates.insert(spec.root, fitting.iter().map(|f| f.0).collect());
        Ok(answer)
    }

    /// Types of the host with the same essential name and kind.
    fn candidates(&mut self, root: TypeId, local: &Btf) -> Result<Vec<Candidate>, Exhausted> {
        if let Some(known) = self.candidates.get(&root) {
            return Ok(known.clone());
        }
        let name = local.essential_name(root);
        let mut found = Vec::new();
        for (at, host) in self.hosts.iter().enumerate() {
            let named = host.named(name);
            // The search itself compares some twenty names.
            self.work.spend(named.len() + 64)?;
            let fits = |&id: &TypeId| compat::same_kind(local.kind(root), host.btf().kind(id));
            found.extend(named.iter().copied().filter(fits).map(|id| Candidate { host: at, id }));
            if !found.is_empty() {
                break;
            }
        }
        self.candidates.insert(root, found.clone());
        Ok(found)
    }

    fn name_of(&self, candidate: Candidate) -> String {
        self.hosts[candidate.host].btf().declare_briefly(candidate.id)
    }

    fn missing(&self, spec: &Spec, local: &Btf, found: &[Candidate], missed: Option<(Candidate, Miss)>) -> String {
        match missed {
            Some((candidate, miss)) => {
                let more = match found.len() {
                    0 | 1 => String::new(),
                    n => format!(", nor does another of the {n} types of that name fit"),
                };
                format!("the host's `{}` {miss}{more}", self.name_of(candidate))
            }
            None if self.hosts.is_empty() => "the host has no types to look it up in".into(),
            None => format!("the host has no type `{}`", local.declare_briefly(spec.root)),
        }
    }

    fn ambiguous(
        &self,
        first: Candidate,
        one: &Result<Answer, String>,
        second: Candidate,
        other: &Result<Answer, String>,
    ) -> String {
        let say = |answer: &Result<Answer, String>| match answer {
            Ok(answer) => format!("gives {}", answer.value as i64),
            Err(why) => why.clone(),
        };
        format!(
            "the host's types do not agree: `{}` (type {}) {}, `{}` (type {}) {}",
            self.name_of(first),
            first.id,
            say(one),
            self.name_of(second),
            second.id,
            say(other)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::btf::Btf;

    /// Types as words, names at offsets of a table: `a` at 1, `0` at 3, `7` at 5, `4294967295:..` at 7.
    fn btf(types: &[u32]) -> Btf {
        let mut strings = b"\0a\x000\x007\0".to_vec();
        strings.extend(["4294967295"; 64].join(":").bytes());
        strings.push(0);
        let len = types.len() as u32 * 4;
        let mut out = vec![0x9f, 0xeb, 1, 0];
        out.extend([24, 0, len, len, strings.len() as u32].iter().flat_map(|w| w.to_le_bytes()));
        out.extend(types.iter().flat_map(|w| w.to_le_bytes()));
        out.extend(strings);
        Btf::parse(&out).expect("types")
    }

    fn relo(ty: TypeId, access: u32, kind: u32) -> CoreRelo {
        CoreRelo { offset: 0, ty, access, kind }
    }

    fn exit(local: &Btf, relo: &CoreRelo) -> Result<Result<Insn, Arc<str>>, Exhausted> {
        let host = HostTypes::new(local.clone());
        Relocator::new(Some(local), vec![&host]).relocate(relo, Insn::Exit)
    }

    /// Functions that take eight functions that take eight functions ...: each level has eight times the pairs.
    #[test]
    fn types_that_multiply_end_with_the_work() {
        let mut types = vec![0, 13 << 24, 0];
        let mut last = 1;
        for _ in 0..12 {
            types.extend([0, 2 << 24, last, 0, 13 << 24 | 8, 0]);
            types.extend([0, last + 1].repeat(8));
            last += 2;
        }
        types.extend([1, 8 << 24, last]);
        let btf = btf(&types);
        for kind in [8, 12] {
            assert!(matches!(exit(&btf, &relo(last + 1, 3, kind)), Err(Exhausted)), "kind {kind}");
        }
    }

    /// A path whose indices are as far as they go: `struct a { char x[] }`-like types, and an offset beyond 64 bits.
    #[test]
    fn paths_that_leave_everything_are_refused() {
        // 1: a char; 2: `char[4294967295]`; 3: an array of one of them, 4: `struct a` of no size with such a member.
        let types = [0, 1 << 24, 1, 8, 0, 3 << 24, 0, 1, 1, u32::MAX, 1, 4 << 24 | 1, u32::MAX, 1, 2, 0];
        let btf = btf(&types);
        for (access, kind) in [(7, 0), (5, 0), (3, 99), (0, 0), (1, 0), (5, 8), (3, 10), (9999, 0)] {
            let fate = exit(&btf, &relo(3, access, kind)).expect("little work");
            assert!(fate.is_err(), "{access} {kind}");
        }
        for ty in [0, 1, 2, 3, 4, u32::MAX] {
            for kind in 0..14 {
                for access in [0, 1, 3, 5, 7] {
                    let _ = exit(&btf, &relo(ty, access, kind)).expect("little work");
                }
            }
        }
    }

    #[test]
    fn the_same_question_is_answered_once_and_reasons_cost() {
        let btf = btf(&[1, 4 << 24, 0]);
        let mut relocator = Relocator::new(Some(&btf), Vec::new());
        let ask = |r: &mut Relocator<'_>, kind| r.relocate(&relo(1, 3, kind), Insn::Exit);
        assert!(matches!(ask(&mut relocator, 0), Ok(Err(_))));
        let left = relocator.work.0;
        assert!(matches!(ask(&mut relocator, 0), Ok(Err(_))));
        assert_eq!(relocator.work.0, left);
        let ended = (100..).find(|&kind| ask(&mut relocator, kind).is_err());
        assert!(ended.is_some_and(|n| u64::from(n) < WORK / 64 + 101), "{ended:?}");
    }
}
