//! Contexts: what the plugin sees is not what the host has, and every engine lowers alike.

use stingless_abi::{CtxField, DataRegion, FieldKind, NativeOp};

use super::*;

/// The host's struct.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Native {
    start: u64,
    end: u64,
    mark: u32,
    small: u16,
}

/// As Linux draws contexts: pointers are 32 bits wide to the plugin.
fn layout() -> CtxLayout {
    let field = |name: &'static str, off, size, kind, native, native_off| CtxField {
        name: name.into(),
        off,
        size,
        rights: if name == "mark" { Rights::READ_WRITE } else { Rights::READ },
        kind,
        native,
        native_off,
        sections: Cow::Borrowed(&[]),
    };
    let scalar = FieldKind::Scalar { partial: stingless_abi::Partial::Loads };
    CtxLayout {
        name: "test_md".into(),
        size: 20,
        fields: vec![
            field("data", 0, 4, FieldKind::DataStart { region: 0 }, NativeOp::Pointer, 0),
            field("data_end", 4, 4, FieldKind::DataEnd { region: 0 }, NativeOp::Pointer, 8),
            field("nothing", 8, 4, scalar, NativeOp::Zero, 0),
            field("mark", 12, 4, scalar, NativeOp::Plain, 16),
            field("small", 16, 2, scalar, NativeOp::Plain, 20),
        ]
        .into(),
        regions: vec![DataRegion { rights: Rights::READ_WRITE }].into(),
    }
}

/// Result, context and packet after a run.
fn run_on(program: &Program, packet: &[u8]) -> (Result<u64, Trap>, (u32, u16), Vec<u8>) {
    let mut packet = packet.to_vec();
    let start = packet.as_mut_ptr().expose_provenance() as u64;
    let mut native = Native { start, end: start + packet.len() as u64, mark: 0x1_0203, small: 0x8001 };
    let ctx = (&raw mut native).expose_provenance() as u64;
    // SAFETY: the context and its packet are borrowed by nobody else for the call, and are what the layout says.
    let result = unsafe { program.run([ctx, 0, 0, 0, 0], null(), None) };
    (result, (native.mark, native.small), packet)
}

fn proved(text: &str) -> Vec<Arc<Program>> {
    let mut setup = Setup::new(text);
    setup.layout = Some(layout());
    let verified = setup.prove().unwrap_or_else(|report| panic!("{report}\n{text}"));
    engines().into_iter().map(|engine| setup.bind(engine, Proof::Verified(verified.clone()))).collect()
}

#[test]
fn fields_and_packets_are_reached_alike() {
    let text = "
        r6 = r1
        r2 = *(u32 *)(r6 + 0)
        r3 = *(u32 *)(r6 + 4)
        r4 = r2
        r4 += 4
        r0 = 1000
        if r4 > r3 goto out
        r0 = *(u16 *)(r2 + 2)
        r5 = *(u32 *)(r6 + 8)
        r0 += r5
        r5 = *(u8 *)(r6 + 13)
        r0 += r5
        r5 = *(s16 *)(r6 + 16)
        r0 += r5
        r5 = 77
        *(u32 *)(r6 + 12) = r5
        *(u8 *)(r2 + 0) = r5
    out:
        exit";
    let want = u64::from(u16::from_le_bytes([3, 4])) + 2 + (0x8001u16 as i16 as i64 as u64);
    for program in proved(text) {
        let long = run_on(&program, &[1, 2, 3, 4, 5]);
        assert_eq!(long, (Ok(want), (77, 0x8001), vec![77, 2, 3, 4, 5]), "{:?}", program.engine());
        let short = run_on(&program, &[1, 2, 3]);
        assert_eq!(short, (Ok(1000), (0x1_0203, 0x8001), vec![1, 2, 3]), "{:?}", program.engine());
    }
}

#[test]
fn old_packet_loads_reach_the_packet_of_the_context() {
    for program in
        proved("r6 = r1\n r7 = 1\n r0 = *(u16 *)skb[r7 + 1]\n r7 = r0\n r0 = *(u8 *)skb[4]\n r0 += r7\n exit")
    {
        assert_eq!(run_on(&program, &[1, 2, 3, 4, 5]).0, Ok(0x0304 + 5), "{:?}", program.engine());
        assert_eq!(run_on(&program, &[1, 2, 3, 4]).0, Ok(0), "{:?}: the second lies outside", program.engine());
        assert_eq!(run_on(&program, &[]).0, Ok(0), "{:?}", program.engine());
    }
}
