//! `__kconfig` variables: every type, with values that it holds and values that it does not.

mod common;

use common::{env, object, refs, try_link};
use stingless_isa::Ref;
use stingless_object::KconfigValue::{self, Module, No, Number, Text, Yes};
use stingless_object::{LinkErrorKind, Poison, PoisonKind};

/// The bytes of the variable that a program reads, `None` where the value does not fit its type.
fn bytes<const N: usize>(name: &str, value: Option<KconfigValue>) -> Option<[u8; N]> {
    let object = object("kconfig");
    let mut env = env();
    env.kconfig.extend(value.map(|v| (format!("CONFIG_{name}"), v)));
    let unit = match try_link(&object, &format!("read_{name}"), &env) {
        Ok(unit) => unit,
        Err(err) => {
            assert!(matches!(&err.kind, LinkErrorKind::Kconfig { name: n, .. } if n.ends_with(name)), "{err}");
            return None;
        }
    };
    assert!(unit.poison.is_empty(), "{:?}", unit.poison);
    let Ref::MapValue { off, .. } = refs(&unit)[0] else { panic!("no value") };
    unit.maps[0].frozen.as_deref()?.get(off as usize..)?.first_chunk().copied()
}

fn number(n: i64) -> KconfigValue {
    Number(n as u64)
}

#[test]
fn values_that_fit() {
    assert_eq!([Yes, No, Number(1), Number(0)].map(|v| bytes("BOOL", Some(v))), [1, 0, 1, 0].map(|b| Some([b])));
    assert_eq!([Yes, Module, No, Number(65)].map(|v| bytes("CHAR", Some(v))), *b"ymnA".map(|b| Some([b])).as_slice());
    assert_eq!([No, Yes, Module].map(|v| bytes("TRI", Some(v))), [0u32, 1, 2].map(|n| Some(n.to_le_bytes())));
    for n in [-128, 127] {
        assert_eq!(bytes("I8", Some(number(n))), Some((n as i8).to_le_bytes()));
    }
    assert_eq!(bytes("U8", Some(Number(255))), Some([255]));
    for n in [-32768, 32767] {
        assert_eq!(bytes("I16", Some(number(n))), Some((n as i16).to_le_bytes()));
    }
    assert_eq!(bytes("U16", Some(Number(65535))), Some([255; 2]));
    for n in [i64::from(i32::MIN), i32::MAX.into()] {
        assert_eq!(bytes("I32", Some(number(n))), Some((n as i32).to_le_bytes()));
    }
    assert_eq!(bytes("U32", Some(Number(u32::MAX.into()))), Some([255; 4]));
    assert_eq!(bytes("I64", Some(number(-1))), Some([255; 8]));
    assert_eq!(bytes("U64", Some(Number(u64::MAX))), Some([255; 8]));
    assert_eq!(bytes("TEXT", Some(Text("ab".into()))), Some(*b"ab\0\0"));
    assert_eq!(bytes("TEXT", Some(Text("abcdef".into()))), Some(*b"abc\0"), "cut short, with its end");
}

#[test]
fn values_that_do_not_fit() {
    let wrong = [
        ("BOOL", Module),
        ("BOOL", Number(2)),
        ("BOOL", Text("y".into())),
        ("CHAR", Text("y".into())),
        ("CHAR", Number(256)),
        ("I8", number(128)),
        ("I8", number(-129)),
        ("U8", number(-1)),
        ("I16", number(32768)),
        ("U16", number(65536)),
        ("I32", number(1 << 31)),
        ("I32", Yes),
        ("U32", number(-1)),
        ("U64", Module),
        ("U64", Text("1".into())),
        ("TRI", Number(1)),
        ("TRI", Text("y".into())),
        ("TEXT", Yes),
        ("TEXT", Number(1)),
        ("OTHER", Yes),
        ("INTS", Text("a".into())),
        ("POINTER", Number(1)),
    ];
    for (name, value) in wrong {
        assert_eq!(bytes::<1>(name, Some(value.clone())), None, "{name} {value:?}");
    }
}

#[test]
fn weak_variables_without_a_value_are_zero() {
    for name in ["BOOL", "CHAR", "TRI", "I16", "U64", "TEXT"] {
        assert_eq!(bytes(name, None), Some([0]), "{name}");
    }
}

#[test]
fn what_libbpf_knows_without_a_configuration() {
    let object = object("kconfig");
    for program in ["cookie", "wrapper"] {
        assert!(try_link(&object, program, &env()).unwrap().poison.is_empty(), "{program}");
    }
    let unit = try_link(&object, "something", &env()).unwrap();
    let want = Poison { symbol: "LINUX_HAS_SOMETHING".into(), kind: PoisonKind::UnknownVariable };
    assert_eq!(unit.poison, [want]);
}
