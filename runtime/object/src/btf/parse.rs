//! Bytes of a `.BTF` section to types.

use super::types::{
    BtfError, BtfErrorKind as E, Composite, EnumValue, Kind, Linkage, Member, Param, SectionVar, Type, TypeId,
};

/// A reader that knows where it is.
pub(super) struct Cursor<'a> {
    data: &'a [u8],
    at: usize,
    /// Offset of `data` in its section.
    base: u64,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(data: &'a [u8], base: u64) -> Cursor<'a> {
        Cursor { data, at: 0, base }
    }

    pub(super) fn offset(&self) -> u64 {
        self.base + self.at as u64
    }

    pub(super) fn is_empty(&self) -> bool {
        self.at >= self.data.len()
    }

    pub(super) fn err(&self, kind: E) -> BtfError {
        BtfError { offset: self.offset(), kind }
    }

    /// Fails unless `want` more bytes are there: called before anything is allocated for them.
    pub(super) fn need(&self, what: &'static str, want: u64) -> Result<(), BtfError> {
        let found = (self.data.len() - self.at) as u64;
        if want <= found { Ok(()) } else { Err(self.err(E::Truncated { what, want, found })) }
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, BtfError> {
        self.need(what, 4)?;
        let word = self.data[self.at..].first_chunk().map_or(0, |b| u32::from_le_bytes(*b));
        self.at += 4;
        Ok(word)
    }

    pub(super) fn skip(&mut self, what: &'static str, bytes: u64) -> Result<&'a [u8], BtfError> {
        self.need(what, bytes)?;
        let start = self.at;
        self.at += bytes as usize;
        Ok(&self.data[start..self.at])
    }
}

/// The parts that the header of `.BTF` names.
pub(super) struct Parts<'a> {
    pub(super) types: &'a [u8],
    pub(super) types_at: u64,
    pub(super) strings: &'a [u8],
}

/// Reads magic, version, flags and header length, common to `.BTF` and `.BTF.ext`: returns the header's length.
pub(super) fn preamble(data: &[u8], least: u64) -> Result<u64, BtfError> {
    let mut c = Cursor::new(data, 0);
    c.need("the header", least)?;
    let first = c.u32("the header")?;
    let magic = first as u16;
    if magic != 0xeb9f {
        return Err(BtfError { offset: 0, kind: E::Magic { found: magic } });
    }
    for (what, offset, found, want) in
        [("the version", 2, first >> 16 & 0xff, 1), ("the flags field", 3, first >> 24, 0)]
    {
        if found != want {
            return Err(BtfError { offset, kind: E::Field { what, found: found.into() } });
        }
    }
    let len = u64::from(c.u32("the header")?);
    if len < least || len > data.len() as u64 {
        return Err(BtfError { offset: 4, kind: E::Field { what: "the header's length", found: len } });
    }
    Ok(len)
}

/// Cuts `len` bytes at `off` behind the header.
pub(super) fn part<'a>(
    data: &'a [u8],
    header: u64,
    off: u32,
    len: u32,
    what: &'static str,
) -> Result<&'a [u8], BtfError> {
    let start = header + u64::from(off);
    let end = start + u64::from(len);
    let found = data.len() as u64;
    if end > found {
        return Err(BtfError { offset: start, kind: E::Truncated { what, want: end, found } });
    }
    Ok(&data[start as usize..end as usize])
}

pub(super) fn parts(data: &[u8], limit: u64) -> Result<Parts<'_>, BtfError> {
    let found = data.len() as u64;
    if found > limit {
        return Err(BtfError { offset: 0, kind: E::Budget { what: "bytes of type information", limit, found } });
    }
    let header = preamble(data, 24)?;
    let mut c = Cursor::new(&data[8..], 8);
    let mut field = || c.u32("the header");
    let (type_off, type_len, str_off, str_len) = (field()?, field()?, field()?, field()?);
    let types = part(data, header, type_off, type_len, "the types")?;
    let strings = part(data, header, str_off, str_len, "the strings")?;
    let start = header + u64::from(str_off);
    if strings.first() != Some(&0) || strings.last() != Some(&0) {
        let kind = E::Field { what: "the first or last byte of the strings", found: str_len.into() };
        return Err(BtfError { offset: start, kind });
    }
    Ok(Parts { types, types_at: header + u64::from(type_off), strings })
}

/// Reads every type, type 0 included. References are not checked yet.
pub(super) fn types(parts: &Parts<'_>, limit: u64) -> Result<(Vec<Type>, Vec<u32>), BtfError> {
    let mut c = Cursor::new(parts.types, parts.types_at);
    let mut types = vec![Type { name: 0, kind: Kind::Void }];
    let mut offsets = vec![parts.types_at as u32];
    while !c.is_empty() {
        let found = types.len() as u64;
        if found > limit {
            return Err(c.err(E::Budget { what: "types", limit, found }));
        }
        offsets.push(c.offset() as u32);
        let ty = one(&mut c, types.len() as TypeId)?;
        types.push(ty);
    }
    Ok((types, offsets))
}

/// `vlen` records of a type, after checking that they are there.
fn records<T>(
    c: &mut Cursor<'_>,
    vlen: u32,
    size: u64,
    mut read: impl FnMut(&mut Cursor<'_>) -> Result<T, BtfError>,
) -> Result<Box<[T]>, BtfError> {
    c.need("the type", u64::from(vlen) * size)?;
    (0..vlen).map(|_| read(c)).collect()
}

const W: &str = "the type";

fn one(c: &mut Cursor<'_>, id: TypeId) -> Result<Type, BtfError> {
    let start = c.offset();
    let field = |what, found: u32| BtfError { offset: start, kind: E::Field { what, found: found.into() } };
    c.need("a type", 12)?;
    let (name, info, size) = (c.u32(W)?, c.u32(W)?, c.u32(W)?);
    let (vlen, number, flag) = (info & 0xffff, info >> 24 & 0x1f, info >> 31 != 0);
    if info & 0x60ff_0000 != 0 {
        return Err(field("a type's info", info));
    }
    let takes_vlen = matches!(number, 4 | 5 | 6 | 12 | 13 | 15 | 19);
    if vlen != 0 && !takes_vlen {
        return Err(field("a type's count", vlen));
    }
    let kind = match number {
        1 => int(c, size)?,
        2 => Kind::Ptr(size),
        3 => Kind::Array { elem: c.u32(W)?, index: c.u32(W)?, len: c.u32(W)? },
        4 => Kind::Struct(composite(c, size, vlen, flag)?),
        5 => Kind::Union(composite(c, size, vlen, flag)?),
        6 => enumeration(c, size, vlen, flag)?,
        7 => Kind::Fwd { is_union: flag },
        8 => Kind::Typedef(size),
        9 => Kind::Volatile(size),
        10 => Kind::Const(size),
        11 => Kind::Restrict(size),
        12 => {
            let linkage = Linkage::new(vlen).ok_or_else(|| field("a function's linkage", vlen))?;
            Kind::Func { proto: size, linkage }
        }
        13 => {
            let params = records(c, vlen, 8, |c| Ok(Param { name: c.u32(W)?, ty: c.u32(W)? }))?;
            Kind::FuncProto { ret: size, params }
        }
        14 => {
            let raw = c.u32(W)?;
            Kind::Var { ty: size, linkage: Linkage::new(raw).ok_or_else(|| field("a variable's linkage", raw))? }
        }
        15 => {
            let var = |c: &mut Cursor<'_>| Ok(SectionVar { ty: c.u32(W)?, offset: c.u32(W)?, size: c.u32(W)? });
            Kind::Datasec { size, vars: records(c, vlen, 12, var)? }
        }
        16 => Kind::Float { size: one_of(size, &[2, 4, 8, 12, 16]).ok_or_else(|| field("a float's size", size))? },
        17 => {
            let raw = c.u32(W)? as i32;
            if raw < -1 {
                return Err(field("a tag's component", raw as u32));
            }
            Kind::DeclTag { target: size, component: u32::try_from(raw).ok() }
        }
        18 => Kind::TypeTag(size),
        19 => enumeration64(c, size, vlen, flag)?,
        kind => return Err(BtfError { offset: start, kind: E::UnknownKind { id, kind } }),
    };
    Ok(Type { name, kind })
}

fn one_of(value: u32, allowed: &[u32]) -> Option<u32> {
    allowed.contains(&value).then_some(value)
}

fn int(c: &mut Cursor<'_>, size: u32) -> Result<Kind, BtfError> {
    let at = c.offset();
    let raw = c.u32(W)?;
    let (encoding, offset, bits) = (raw >> 24, (raw >> 16) as u8, raw as u8);
    let field = |what, found: u32| BtfError { offset: at, kind: E::Field { what, found: found.into() } };
    one_of(size, &[1, 2, 4, 8, 16]).ok_or_else(|| field("an integer's size", size))?;
    if u32::from(offset) + u32::from(bits) > size * 8 {
        return Err(field("an integer's bits", raw));
    }
    if raw & 0xf000_ff00 != 0 || encoding.count_ones() > 1 && encoding != 3 {
        return Err(field("an integer's encoding", raw));
    }
    let has = |bit| encoding & bit != 0;
    Ok(Kind::Int { size, bits, offset, signed: has(1), is_char: has(2), is_bool: has(4) })
}

fn composite(c: &mut Cursor<'_>, size: u32, vlen: u32, bit_fields: bool) -> Result<Composite, BtfError> {
    let members = records(c, vlen, 12, |c| {
        let (name, ty, raw) = (c.u32(W)?, c.u32(W)?, c.u32(W)?);
        let (bit_offset, bits) = if bit_fields { (raw & 0x00ff_ffff, (raw >> 24) as u8) } else { (raw, 0) };
        Ok(Member { name, ty, bit_offset, bits })
    })?;
    Ok(Composite { size, members })
}

fn enumeration(c: &mut Cursor<'_>, size: u32, vlen: u32, signed: bool) -> Result<Kind, BtfError> {
    enum_size(c, size)?;
    let values = records(c, vlen, 8, |c| {
        let (name, raw) = (c.u32(W)?, c.u32(W)?);
        Ok(EnumValue { name, value: if signed { i64::from(raw as i32) as u64 } else { raw.into() } })
    })?;
    Ok(Kind::Enum { size, signed, values, wide: false })
}

fn enumeration64(c: &mut Cursor<'_>, size: u32, vlen: u32, signed: bool) -> Result<Kind, BtfError> {
    enum_size(c, size)?;
    let values = records(c, vlen, 12, |c| {
        let (name, low, high) = (c.u32(W)?, c.u32(W)?, c.u32(W)?);
        Ok(EnumValue { name, value: u64::from(low) | u64::from(high) << 32 })
    })?;
    Ok(Kind::Enum { size, signed, values, wide: true })
}

fn enum_size(c: &Cursor<'_>, size: u32) -> Result<(), BtfError> {
    match one_of(size, &[1, 2, 4, 8]) {
        Some(_) => Ok(()),
        None => Err(c.err(E::Field { what: "an enumeration's size", found: size.into() })),
    }
}
