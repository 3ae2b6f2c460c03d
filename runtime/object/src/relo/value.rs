//! What a record asks, and what types answer.

use super::spec::{Spec, Step};
use crate::btf::{Btf, EnumValue, Kind, Member, TypeId};

/// `enum bpf_core_relo_kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    ByteOffset,
    ByteSize,
    FieldExists,
    Signed,
    LeftShift,
    RightShift,
    LocalTypeId,
    TargetTypeId,
    TypeExists,
    TypeSize,
    ValueExists,
    Value,
    TypeMatches,
}

impl Question {
    pub(super) fn new(number: u32) -> Option<Question> {
        use Question as Q;
        const ALL: [Question; 13] = [
            Q::ByteOffset,
            Q::ByteSize,
            Q::FieldExists,
            Q::Signed,
            Q::LeftShift,
            Q::RightShift,
            Q::LocalTypeId,
            Q::TargetTypeId,
            Q::TypeExists,
            Q::TypeSize,
            Q::ValueExists,
            Q::Value,
            Q::TypeMatches,
        ];
        ALL.get(number as usize).copied()
    }

    /// About a type as a whole.
    pub(super) const fn is_of_type(self) -> bool {
        use Question as Q;
        matches!(self, Q::LocalTypeId | Q::TargetTypeId | Q::TypeExists | Q::TypeSize | Q::TypeMatches)
    }

    /// About a value of an enumeration.
    pub(super) const fn is_of_enum(self) -> bool {
        matches!(self, Question::ValueExists | Question::Value)
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoAnswer(&'static str);

impl NoAnswer {
    pub(super) fn of(self, whose: &str) -> String {
        format!("{} {whose}'s types", self.0)
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) value: u64,
    /// The instruction must hold the plugin's answer: the compiler and we agree how it is worked out.
    checked: bool,
    /// For an offset: bytes that a load or store there accesses, and how they may be accessed.
    access: Option<(u32, Access)>,
}

/// What decides whether an access may become wider or narrower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Pointer,
    Unsigned,
    Other,
}

impl Answer {
    const fn plain(value: u64) -> Answer {
        Answer { value, checked: true, access: None }
    }

    /// Whether two of the host's types give the same.
    pub(super) fn agree(one: &Result<Answer, String>, other: &Result<Answer, String>) -> bool {
        match (one, other) {
            (Ok(a), Ok(b)) => a.value == b.value,
            (Err(_), Err(_)) => true,
            (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
        }
    }
}

/// What an instruction holds, and what it shall hold.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// `None` where the compiler's number is not predictable.
    pub(super) was: Option<u64>,
    pub(super) now: u64,
    /// For a load or store: bytes before and after.
    pub(super) bytes: Option<(u32, u32)>,
    /// Such a change keeps the value's meaning: both are pointers, or unsigned numbers.
    pub(super) resizable: bool,
}

impl Change {
    pub(super) fn new(was: Answer, now: Answer) -> Change {
        let kinds = (was.access.map(|a| a.1), now.access.map(|a| a.1));
        Change {
            was: was.checked.then_some(was.value),
            now: now.value,
            bytes: was.access.zip(now.access).map(|(a, b)| (a.0, b.0)),
            resizable: matches!(
                kinds,
                (Some(Access::Pointer), Some(Access::Pointer)) | (Some(Access::Unsigned), Some(Access::Unsigned))
            ),
        }
    }
}

/// What types say. Without a path to look at, nothing was found: that is an answer to some questions.
pub(super) fn answer(btf: &Btf, question: Question, spec: Option<&Spec>) -> Result<Answer, NoAnswer> {
    use Question as Q;
    let missing = NoAnswer("it is not in");
    match (question, spec) {
        (Q::FieldExists | Q::ValueExists | Q::TypeExists | Q::TypeMatches, found) => {
            Ok(Answer::plain(found.is_some().into()))
        }
        (Q::TargetTypeId | Q::LocalTypeId, found) => {
            Ok(Answer { checked: false, ..Answer::plain(found.map_or(0, |s| s.root.into())) })
        }
        (Q::TypeSize, None) => Ok(Answer::plain(0)),
        (Q::TypeSize, Some(spec)) => size(btf, spec.root).map(|n| Answer::plain(n.into())),
        (Q::Value, Some(spec)) => {
            let value = spec.steps.first().and_then(|s| enum_value(btf, s)).ok_or(missing)?;
            Ok(Answer::plain(value.value))
        }
        (Q::ByteOffset | Q::ByteSize | Q::Signed | Q::LeftShift | Q::RightShift, Some(spec)) => {
            let last = spec.steps.last().ok_or(missing)?;
            match last.name {
                None => element(btf, question, spec, last.ty),
                Some(_) => field(btf, question, spec, last),
            }
        }
        (Q::Value | Q::ByteOffset | Q::ByteSize | Q::Signed | Q::LeftShift | Q::RightShift, None) => Err(missing),
    }
}

fn size(btf: &Btf, ty: TypeId) -> Result<u32, NoAnswer> {
    btf.size_of(ty).ok_or(NoAnswer("its size is not known in"))
}

fn enum_value<'a>(btf: &'a Btf, step: &Step) -> Option<&'a EnumValue> {
    match btf.kind(step.ty) {
        Kind::Enum { values, .. } => values.get(step.index as usize),
        _ => None,
    }
}

fn access(btf: &Btf, ty: TypeId) -> Access {
    match btf.resolved(ty) {
        Kind::Ptr(_) => Access::Pointer,
        Kind::Int { signed: false, .. } => Access::Unsigned,
        _ => Access::Other,
    }
}

/// An element of an array, or the object as a whole.
fn element(btf: &Btf, question: Question, spec: &Spec, ty: TypeId) -> Result<Answer, NoAnswer> {
    let bytes = size(btf, ty)?;
    match question {
        Question::ByteOffset => {
            let access = Some((bytes, access(btf, ty)));
            Ok(Answer { access, ..Answer::plain(spec.bit_offset / 8) })
        }
        Question::ByteSize => Ok(Answer::plain(bytes.into())),
        _ => Err(NoAnswer("an array's element has no signedness and no bits in")),
    }
}

fn field(btf: &Btf, question: Question, spec: &Spec, step: &Step) -> Result<Answer, NoAnswer> {
    let (Kind::Struct(c) | Kind::Union(c)) = btf.kind(step.ty) else { return Err(NoAnswer("it is not in")) };
    let member: &Member = c.members.get(step.index as usize).ok_or(NoAnswer("it is not in"))?;
    let whole = size(btf, member.ty)?;
    let place = if member.bits == 0 {
        Place { at: spec.bit_offset / 8, bytes: whole.into(), bits: u64::from(whole) * 8 }
    } else {
        Place::of_bits(spec.bit_offset, member.bits.into(), whole.into())?
    };
    let checked = member.bits == 0;
    let plain = |value| Ok(Answer { checked, ..Answer::plain(value) });
    // Elements of a path are counted from their start: bits before the field in the bytes that are loaded.
    let before = spec.bit_offset - place.at * 8;
    match question {
        Question::ByteOffset => {
            let access = checked.then(|| (whole, access(btf, member.ty)));
            Ok(Answer { checked, access, ..Answer::plain(place.at) })
        }
        Question::ByteSize => plain(place.bytes),
        Question::Signed => {
            let signed =
                matches!(btf.resolved(member.ty), Kind::Int { signed: true, .. } | Kind::Enum { signed: true, .. });
            Ok(Answer::plain(signed.into()))
        }
        Question::LeftShift => plain(64u64.checked_sub(before + place.bits).ok_or(TOO_WIDE)?),
        Question::RightShift => Ok(Answer::plain(64u64.checked_sub(place.bits).ok_or(TOO_WIDE)?)),
        _ => Err(NoAnswer("it is not in")),
    }
}

const TOO_WIDE: NoAnswer = NoAnswer("it has more than 64 bits in");

/// The bytes that a field is loaded with.
struct Place {
    /// Byte offset.
    at: u64,
    bytes: u64,
    /// Bits of the field.
    bits: u64,
}

impl Place {
    /// The smallest aligned number, at least as long as the declared type, that holds a bit field.
    fn of_bits(bit_offset: u64, bits: u64, declared: u64) -> Result<Place, NoAnswer> {
        let mut bytes = declared;
        loop {
            if !matches!(bytes, 1 | 2 | 4 | 8) {
                return Err(TOO_WIDE);
            }
            let at = bit_offset / 8 / bytes * bytes;
            if bit_offset + bits - at * 8 <= bytes * 8 {
                return Ok(Place { at, bytes, bits });
            }
            bytes *= 2;
        }
    }
}
