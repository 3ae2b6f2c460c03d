//! What `Object::parse` finds, and what it says where it refuses.

mod common;

use common::{bytes, object};
use stingless_abi::{MapKind, SpecialField, SpecialKind, map};
use stingless_object::btf::Kind;
use stingless_object::{MapSource, Object, ObjectErrorKind};

#[test]
fn programs_keep_their_sections() {
    let object = object("functions");
    let programs: Vec<_> = object.programs().iter().map(|p| (&*p.name, &*p.section)).collect();
    let want = [
        ("statics", "xdp"),
        ("globals", "xdp"),
        ("missing", "xdp"),
        ("callbacks", "xdp/second"),
        ("optional", "xdp"),
        ("by_name", "custom name, any"),
    ];
    assert_eq!(programs, want);
    let asked: Vec<_> = object.programs().iter().filter(|p| !p.autoload).map(|p| &*p.name).collect();
    assert_eq!(asked, ["optional"], "a section that starts with a question mark");
    assert_eq!(object.program("callbacks"), Some(3));
    assert_eq!(object.program("leaf"), None);
}

#[test]
fn maps_of_every_form() {
    let object = object("maps");
    let def = |name| &object.maps()[object.map(name).unwrap()];
    let typed = def("typed").spec.as_ref().unwrap();
    assert_eq!((typed.kind, typed.key_size, typed.value_size, typed.max_entries), (MapKind::Hash, 4, 48, 10));
    assert_eq!((typed.flags, typed.pin_by_name), (map::F_NO_PREALLOC, true));
    let field = |kind, off| SpecialField { kind, off };
    let timers = [16, 32].map(|off| field(SpecialKind::Timer, off));
    assert_eq!(typed.special, [field(SpecialKind::SpinLock, 8), timers[0], timers[1]]);
    assert_eq!(object.btf().unwrap().declare(typed.btf.1, ""), "struct value");

    let sized = def("sized").spec.as_ref().unwrap();
    assert_eq!((sized.key_size, sized.value_size, sized.max_entries, sized.btf), (16, 24, 1 << 20, (0, 0)));
    assert_eq!(def("ring").spec.as_ref().unwrap().kind, MapKind::Ringbuf);

    let jumps = def("jumps");
    assert_eq!(jumps.spec.as_ref().unwrap().value_size, 4);
    assert_eq!(jumps.programs, [(0, "first".into()), (2, "third".into())]);

    let outer = def("outer");
    let spec = outer.spec.as_ref().unwrap();
    assert_eq!((outer.kind, spec.kind, spec.value_size), (12, MapKind::ArrayOfMaps, 4));
    assert_eq!(spec.inner.as_deref(), outer.inner.as_ref().unwrap().spec.as_ref());
    assert_eq!((def("unknown").kind, &def("unknown").spec), (33, &None));
    assert_eq!(outer.inner_maps, [(1, object.map("inner_b").unwrap() as u32)]);
    assert_eq!(outer.inner.as_ref().unwrap().spec.as_ref().unwrap().value_size, 8);
}

#[test]
fn layouts_tell_types_apart() {
    let maps = object("maps");
    let layout = |name| maps.layout(maps.map(name).unwrap());
    let value = "{n:u64,inner:{lock:{val:u32}4,pad:u32@4}8@8,timers:{__opaque:u64[2]}16[2]@16}48";
    assert_eq!(layout("typed"), format!("u32 -> {value}"));
    assert_eq!(layout("sized"), "");
    assert_eq!(layout("inner_a"), layout("inner_b"));
    assert_eq!(layout("outer"), "u32 ->  of u32 -> u64");
    let data = object("data");
    assert_eq!(data.layout(data.map(".data.locked").unwrap()), "guarded:u64@0+8,lock:{val:u32}4@8+4");
    assert_eq!(object("legacy").layout(2), "total:@0+8");
}

#[test]
fn maps_of_the_older_section() {
    let object = object("legacy");
    let maps: Vec<_> = object.maps().iter().map(|m| (m.name.as_str(), m.source, m.kind)).collect();
    let want = [("table", MapSource::Legacy, 1), ("list", MapSource::Legacy, 2), (".data", MapSource::Data, 2)];
    assert_eq!(maps, want);
    assert_eq!(object.maps()[0].spec.as_ref().unwrap().flags, map::F_NO_PREALLOC);
}

#[test]
fn types_print_as_c() {
    let object = object("types");
    let btf = object.btf().unwrap();
    let sample = btf.find("sample", |k| matches!(k, Kind::Struct(_))).unwrap();
    let want = "\
struct sample {
    char name[16];
    const volatile struct sample *next;
    struct forward *hidden;
    union forward_union *hidden_union;
    callback call;
    void (*table[4])(struct sample *);
    int (*rows)[8];
    unsigned int low: 3;
    unsigned int high: 5;
    union {
        __u32 word;
        __u8 bytes[4];
    };
    struct {
        double d;
        float f;
    } real;
    enum colour colour;
    enum signs signs;
    enum wide wide;
    _Bool flag;
    __u64 *tagged;
    char *restrict alone;
    __u32 flexible[0];
}";
    assert_eq!(btf.define(sample), want);
    let named = |name| btf.find(name, |_| true).unwrap();
    assert_eq!(btf.define(named("callback")), "typedef int (*callback)(const char *, int, ...)");
    assert_eq!(btf.define(named("signs")), "enum signs {\n    MINUS = -1,\n    PLUS = 1,\n}");
    assert_eq!(btf.define(named("wide")), "enum wide {\n    HUGE = 4294967296,\n}");
    assert_eq!(btf.declare(named("ping"), "ping"), "void ping(struct sample *s)");
    assert_eq!((btf.size_of(sample), btf.align_of(sample)), (Some(152), 8));
    assert_eq!(btf.tags(sample, None).collect::<Vec<_>>(), ["sampled"]);
    let kinds: std::collections::BTreeSet<u32> = btf.types().iter().map(|t| t.kind.number()).collect();
    assert_eq!(kinds, (0..=19).collect(), "the source has every kind");
}

#[test]
fn big_endian_objects_are_refused_by_name() {
    let err = Object::parse(&bytes("bigendian")).unwrap_err();
    assert_eq!(err.kind, ObjectErrorKind::BigEndian);
    assert!(err.to_string().contains("big-endian"), "{err}");
}

/// Parses an object after a change.
fn changed(name: &str, change: impl Fn(&mut Vec<u8>)) -> Result<Object, ObjectErrorKind> {
    let mut bytes = bytes(name);
    change(&mut bytes);
    Object::parse(&bytes).map_err(|err| err.kind)
}

#[test]
fn headers_of_other_files_are_refused() {
    assert_eq!(changed("simple", |b| b[0] = 0), Err(ObjectErrorKind::NotElf));
    assert_eq!(changed("simple", |b| b[4] = 1), Err(ObjectErrorKind::Class32));
    assert_eq!(changed("simple", |b| b[16] = 2), Err(ObjectErrorKind::FileType { found: 2 }));
    assert_eq!(changed("simple", |b| b[18] = 62), Err(ObjectErrorKind::Machine { found: 62 }));
    assert!(changed("simple", |b| b[18] = 0).is_ok(), "old clang writes no machine");
    assert!(changed("simple", |b| b.resize((16 << 20) + 1, 0)).is_err());
    assert!(changed("simple", |b| b.resize(16 << 20, 0)).is_ok());
}

/// Byte offset of a section's header in a file.
fn section_header(bytes: &[u8], name: &str) -> usize {
    let word = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap()) as usize;
    let half = |at: usize| u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()) as usize;
    let (shoff, shnum, strings) = (word(0x28), half(0x3c), half(0x3e));
    let names = word(shoff + strings * 64 + 0x18);
    let named = |h: &usize| {
        let at = names + u32::from_le_bytes(bytes[*h..*h + 4].try_into().unwrap()) as usize;
        bytes[at..].starts_with(name.as_bytes()) && bytes[at + name.len()] == 0
    };
    (0..shnum).map(|i| shoff + i * 64).find(named).unwrap()
}

#[test]
fn hostile_sizes_are_refused() {
    let size = |b: &mut Vec<u8>, section, size: u64| {
        let at = section_header(b, section) + 0x20;
        b[at..at + 8].copy_from_slice(&size.to_le_bytes());
    };
    let huge = changed("data", |b| size(b, ".bss", 53 << 50));
    assert!(matches!(huge, Err(ObjectErrorKind::Budget { what: "bytes of global variables", .. })), "{huge:?}");
    assert!(changed("data", |b| size(b, ".rodata", 1 << 40)).is_err());
    assert!(changed("data", |b| size(b, "xdp", 12)).is_err());
    assert!(changed("data", |b| size(b, ".bss", 8)).is_err(), "variables leave their section");
    let nobits = changed("simple", |b| {
        let at = section_header(b, ".BTF") + 4;
        b[at] = 8;
    });
    assert!(matches!(nobits, Err(ObjectErrorKind::Btf(_))), "{nobits:?}");
}
