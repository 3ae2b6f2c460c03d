//! What programs of the Linux profile ask of their host: redirects, events, routes, copies of packets.

use std::sync::{Arc, Mutex};

use stingless::{Ctx, Engine, Linker, Packet, from_file};
use stingless_helpers_linux::{Clones, Events, Redirect, Routes, RxMetadata, SkBuff, Target, Xdp, XdpAction};

fn object(name: &str) -> stingless::Object {
    let path = format!("{}/programs/{name}.bpf.o", env!("CARGO_MANIFEST_DIR"));
    from_file(path).unwrap_or_else(|err| panic!("{name}: {err}"))
}

fn linker<H: Ctx>() -> Linker {
    let mut linker = Linker::new(&Engine::default());
    linker.hook::<H>().unwrap();
    linker
}

/// The verdict says that there is a target, the note says which.
#[test]
fn redirects_by_map_reach_the_host() {
    let loaded = linker::<Xdp<'_>>().load(&object("host_redirect")).unwrap();
    let plugin = loaded.plugin::<Xdp<'_>>("host_redirect").unwrap();
    let mut frame = [0u8; 64];
    let mut call = |queue: u32| {
        let mut ctx = Xdp::new(Packet::new(&mut frame));
        ctx.rx_queue_index = queue;
        plugin.call(&mut ctx).unwrap()
    };
    assert_eq!(call(2), XdpAction::Pass as u32, "nothing is there");
    assert_eq!(Redirect::take(), None);
    loaded.map("devs").unwrap().update(&2u32.to_ne_bytes(), &7u32.to_ne_bytes(), 0).unwrap();
    assert_eq!(call(2), XdpAction::Redirect as u32);
    let Some(Redirect { target: Target::Map { map, index, value, .. }, .. }) = Redirect::take() else {
        panic!("no target")
    };
    assert_eq!((map.as_str(), index, value), ("devs", 2, 7));
    assert_eq!(Redirect::take(), None, "a note is taken once");
    assert_eq!(call(99), XdpAction::Redirect as u32);
    assert!(matches!(Redirect::take(), Some(Redirect { target: Target::Interface(99), flags: 0 })));
}

type Seen = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// Bytes, and behind them as much of the packet as was asked for; a route that the host filled in; a packet that is too long.
#[test]
fn events_and_routes_come_from_the_host() {
    let seen = Seen::default();
    let sink = seen.clone();
    let mut linker = linker::<Xdp<'_>>();
    linker.host(Events::new(move |event| sink.lock().unwrap().push((event.map.to_owned(), event.data.to_vec())))).host(
        Routes::new().mtu(|interface| (interface == 3).then_some(40)).lookup(|route, _| {
            route[0] = 10;
            0
        }),
    );
    let loaded = linker.load(&object("host_events")).unwrap();
    let plugin = loaded.plugin::<Xdp<'_>>("host_events").unwrap();
    let mut frame: Vec<u8> = (0..64).collect();
    // Bits: event sent, route filled in, interface known and packet too long, interface unknown.
    assert_eq!(plugin.call(&mut Xdp::new(Packet::new(&mut frame))).unwrap(), 15);
    assert_eq!(*seen.lock().unwrap(), [("events".to_owned(), vec![1, 2, 3, 4, 0, 1, 2, 3, 4, 5])]);
}

#[test]
fn copies_of_packets_go_to_the_host() {
    let seen = Seen::default();
    let sink = seen.clone();
    let mut linker = linker::<SkBuff<'_>>();
    linker.host(Clones::new(move |interface, _, packet| {
        sink.lock().unwrap().push((interface.to_string(), packet.to_vec()));
        interface == 1
    }));
    let loaded = linker.load(&object("host_clone")).unwrap();
    let plugin = loaded.plugin::<SkBuff<'_>>("host_clone").unwrap();
    let mut frame = [7u8; 20];
    assert_eq!(plugin.call(&mut SkBuff::new(Packet::new(&mut frame))).unwrap(), -22, "there is no interface 2");
    let want = [("1".to_owned(), vec![7; 20]), ("2".to_owned(), vec![7; 20])];
    assert_eq!(*seen.lock().unwrap(), want);
}

/// Three states of each: no device says such things, this one did not, this one did.
#[test]
fn what_a_device_says_of_a_frame_comes_from_the_host() {
    let loaded = linker::<Xdp<'_>>().load(&object("host_metadata")).unwrap();
    let plugin = loaded.plugin::<Xdp<'_>>("metadata").unwrap();
    let mut frame = [0u8; 64];
    let mut call = |metadata| {
        let mut ctx = Xdp::new(Packet::new(&mut frame));
        ctx.metadata = metadata;
        plugin.call(&mut ctx).unwrap()
    };
    assert_eq!(call(None), 0x5f_5f5f, "not supported");
    assert_eq!(call(Some(RxMetadata::default())), 0x3d_3d3d, "no data");
    let all = RxMetadata { timestamp: Some(1 << 40), hash: Some((7, 9)), vlan_tag: Some((0x81, 5)) };
    assert_eq!(call(Some(all)), 0);
    let said = loaded.map("out").unwrap().lookup(&0u32.to_ne_bytes()).unwrap().unwrap();
    assert_eq!(said[..8], (1u64 << 40).to_ne_bytes());
    assert_eq!(said[8..16], [7u32.to_ne_bytes(), 9u32.to_ne_bytes()].concat());
    assert_eq!(said[16..20], [0x81u16.to_ne_bytes(), 5u16.to_ne_bytes()].concat());
}

/// IPsec states by index, whole or not at all.
#[test]
fn ipsec_states_come_from_the_host() {
    let loaded = linker::<SkBuff<'_>>().load(&object("tc_xfrm")).unwrap();
    let plugin = loaded.plugin::<SkBuff<'_>>("xfrm").unwrap();
    let mut frame = [0u8; 64];
    let mut ctx = SkBuff::new(Packet::new(&mut frame));
    assert_eq!(plugin.call(&mut ctx).unwrap(), 22);
    ctx.secpath.push([0; 28]);
    assert_eq!(plugin.call(&mut ctx).unwrap(), 0);
    ctx.secpath[0][4] = 1;
    assert_eq!(plugin.call(&mut ctx).unwrap(), 1);
}
