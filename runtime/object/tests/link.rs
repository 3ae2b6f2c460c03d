//! Programs of objects, linked: what each reference becomes.

mod common;

use common::{object, refs, unit};
use stingless_abi::{MapKind, map};
use stingless_isa::Ref;

#[test]
fn one_program_with_an_array_and_a_constant() {
    let object = object("simple");
    assert_eq!(object.license(), "Dual MIT/GPL");
    assert_eq!(object.programs().len(), 1);
    assert_eq!((&*object.programs()[0].name, &*object.programs()[0].section), ("count", "xdp"));
    let names: Vec<_> = object.maps().iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["hits", ".rodata"]);

    let unit = unit(&object, "count");
    assert!(unit.gpl && unit.poison.is_empty());
    assert_eq!(refs(&unit), [Ref::Map(0), Ref::MapValue { map: 1, off: 0 }]);
    let hits = &unit.maps[0];
    assert_eq!((hits.spec.kind, hits.spec.key_size, hits.spec.value_size), (MapKind::Array, 4, 8));
    assert_eq!((hits.spec.max_entries, hits.origin, &hits.frozen), (4, 0, &None));
    let rodata = &unit.maps[1];
    assert_eq!((rodata.spec.value_size, rodata.spec.flags), (8, map::F_RDONLY_PROG));
    assert_eq!(rodata.frozen.as_deref(), Some(&7u64.to_le_bytes()[..]));
    let line = unit.line_of(0).expect("clang -g writes line records");
    assert!(line.file.ends_with("simple.bpf.c"), "{line:?}");
    assert!(unit.lines.iter().any(|l| l.text.contains("bpf_map_lookup_elem(&hits, &key)")), "{:?}", unit.lines);
}
