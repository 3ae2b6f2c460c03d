//! Sockets of a host: what programs read of them in every engine, and how long.

use stingless::{
    Config, Engine, EngineKind, Linker, Packet, RawMapDef, RawProgram, SocketField, SocketFields, SocketInfo, TcpFields,
};
use stingless_abi::{MapKind, MapSpec};
use stingless_conformance::kernel::{KernelProgram, TestRun, available};
use stingless_conformance::programs::Host;
use stingless_helpers_linux::{Query, SkBuff, Sockets};
use stingless_isa::{assemble, encode};
use stingless_object::Env;

const LISTEN: u32 = 10;
const REQUEST: u32 = 12;

fn fields(protocol: u32, state: u32) -> SocketFields {
    SocketFields {
        family: 2,
        protocol,
        state,
        mark: 77,
        src_ip4: 0x0403_0201,
        dst_port: 0x5000,
        ..SocketFields::default()
    }
}

/// Port 1 in the tuple's last bytes listens, port 2 is in its handshake, others are connected; UDP has none.
fn look(query: &Query<'_>) -> Option<SocketInfo> {
    let listener = SocketInfo { sock: fields(6, LISTEN), ..SocketInfo::default() };
    match (query.protocol, query.tuple.last()?) {
        (17, _) => None,
        (_, 1) => Some(listener),
        (_, 2) if !query.partial => None,
        (_, 2) => {
            let sock = SocketFields { mark: 1, ..fields(6, REQUEST) };
            Some(SocketInfo { sock, partial: true, listener: Some(listener.into()), ..SocketInfo::default() })
        }
        (_, _) => {
            let tcp = TcpFields { snd_cwnd: 10, bytes_acked: 1 << 40, icsk_retransmits: 3, ..TcpFields::default() };
            Some(SocketInfo { sock: fields(6, 1), tcp, ..SocketInfo::default() })
        }
    }
}

/// What the program returns in each engine: the same.
fn run(text: &str, socket: Option<&SocketInfo>) -> i32 {
    let mut answers = Vec::new();
    for kind in EngineKind::ALL {
        let mut linker = Linker::new(&Engine::new(Config::new().engine(kind)).unwrap());
        linker.hook::<SkBuff<'static>>().unwrap();
        linker.host(Sockets::new(look));
        let raw = RawProgram {
            name: "p".into(),
            insns: encode(&assemble(text).unwrap()).unwrap(),
            maps: Vec::new(),
            btf: None,
            func_info: Vec::new(),
            hook: "tc".into(),
            gpl: true,
        };
        let loaded = linker.load_raw(&raw).unwrap();
        assert!(loaded.refused.is_empty(), "{:?}\n{text}", loaded.refused);
        let plugin = loaded.collection.plugin::<SkBuff<'static>>("p").unwrap();
        let mut frame = [0u8; 64];
        let mut skb = SkBuff::new(Packet::new(&mut frame));
        skb.sk = socket.map_or(SocketField::NONE, SocketField::new);
        answers.push(plugin.call(&mut skb).unwrap());
    }
    assert!(answers.windows(2).all(|w| w[0] == w[1]), "{answers:?}\n{text}");
    answers[0]
}

/// Looks a socket up into r7; where there is one, `body`, and it is given back; the result is in r9.
fn looked(helper: u32, port: u8, body: &str) -> String {
    let tuple = "*(u64 *)(r10 - 16) = 0\n *(u32 *)(r10 - 8) = 0\n r2 = r10\n r2 += -16\n r3 = 12\n r4 = -1\n r5 = 0";
    format!(
        "r6 = r1\n r9 = -1\n {tuple}\n *(u8 *)(r10 - 5) = {port}\n call {helper}\n if r0 == 0 goto out\n r7 = r0
         {body}\n put:\n r1 = r7\n call 86\n out:\n r0 = r9\n exit"
    )
}

#[test]
fn fields_are_the_hosts() {
    let field = |size: &str, off: u32| run(&looked(84, 9, &format!("r9 = *({size} *)(r7 + {off})")), None);
    assert_eq!(
        [field("u32", 12), field("u32", 16), field("u8", 25), field("u16", 48), field("u32", 48), field("u32", 72)],
        [6, 77, 2, 0x5000, 0x5000, 1]
    );
    assert_eq!(run(&looked(85, 9, "r9 = 1"), None), -1, "no UDP");
    assert_eq!(run(&looked(84, 2, "r9 = 1"), None), -1, "not in its handshake");
}

#[test]
fn sockets_lead_to_others() {
    let tcp = |size: &str, off: u32| {
        format!("r1 = r7\n call 96\n r9 = 0\n if r0 == 0 goto put\n r9 = *({size} *)(r0 + {off})")
    };
    assert_eq!(run(&looked(84, 9, &tcp("u32", 0)), None), 10);
    assert_eq!(run(&looked(84, 9, &format!("{}\n r9 >>= 40", tcp("u64", 88))), None), 1);
    assert_eq!(run(&looked(84, 9, &tcp("u32", 108)), None), 3);
    assert_eq!(run(&looked(99, 2, &tcp("u32", 0)), None), 0, "in its handshake it is no TCP socket");
    let full = "r1 = r7\n call 95\n r9 = 0\n if r0 == 0 goto put\n r9 = *(u32 *)(r0 + 16)";
    assert_eq!((run(&looked(99, 9, full), None), run(&looked(99, 2, full), None)), (77, 0));
    // The one that was looked up is given back before the listener is read.
    let listener = "r1 = r7
                    call 98
                    r8 = r0
                    r1 = r7
                    call 86
                    r9 = 0
                    if r8 == 0 goto out
                    r9 = *(u32 *)(r8 + 72)";
    let early = |port| looked(99, port, listener).replace("put:\n r1 = r7\n call 86\n", "");
    let ports = [1, 2, 9].map(|port| run(&early(port), None));
    assert_eq!(ports, [LISTEN as i32, LISTEN as i32, 0], "and it stays when the other one is given back");
    let kernel = |helper: u32| format!("r1 = r7\n call {helper}\n r9 = 0\n if r0 == 0 goto put\n r9 = 1\n r7 = r0");
    let kinds = [136, 137, 138, 139, 140]
        .map(|helper| (run(&looked(99, 9, &kernel(helper)), None), run(&looked(99, 2, &kernel(helper)), None)));
    assert_eq!(kinds, [(0, 0), (1, 0), (0, 0), (0, 1), (0, 0)]);
}

#[test]
fn cookies_and_assignment() {
    let cookie = |helper: u32| {
        format!(
            "r1 = r7\n r2 = r10\n r2 += -16\n r3 = 16\n r4 = r10\n r4 += -40\n *(u64 *)(r10 - 40) = 0\n *(u64 *)(r10 - 32) = 0\n *(u64 *)(r10 - 24) = 0\n *(u32 *)(r10 - 4) = 0\n r5 = 20\n call {helper}\n r9 = r0"
        )
    };
    assert_eq!((run(&looked(84, 1, &cookie(100)), None), run(&looked(84, 9, &cookie(100)), None)), (-2, -22));
    assert_eq!((run(&looked(84, 1, &cookie(110)), None), run(&looked(84, 9, &cookie(110)), None)), (-95, -22));
    let assign = |flags: u32| format!("r1 = r6\n r2 = r7\n r3 = {flags}\n call 124\n r9 = r0");
    assert_eq!((run(&looked(84, 9, &assign(0)), None), run(&looked(84, 9, &assign(1)), None)), (0, -22));
}

#[test]
fn a_packet_has_a_socket_or_none() {
    let text = "r0 = -1\n r7 = *(u64 *)(r1 + 168)\n if r7 == 0 goto out\n r8 = *(u32 *)(r7 + 4)\n r1 = r7\n call 95
                if r0 == 0 goto out\n r0 = *(u32 *)(r0 + 16)\n r0 += r8\n out:\n exit";
    let socket = SocketInfo { sock: fields(17, 7), ..SocketInfo::default() };
    assert_eq!((run(text, None), run(text, Some(&socket))), (-1, 79));
}

/// Each socket has a value of its own as long as the map has it; a socket without a number has none.
#[test]
fn sockets_have_values() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/programs/host_storage.bpf.o");
    let object = stingless::from_file(path).unwrap();
    for kind in EngineKind::ALL {
        let mut linker = Linker::new(&Engine::new(Config::new().engine(kind)).unwrap());
        linker.hook::<SkBuff<'static>>().unwrap();
        let loaded = linker.load(&object).unwrap();
        let plugin = loaded.plugin::<SkBuff<'static>>("storage").unwrap();
        let call = |id: u32, partial: bool| {
            let socket = SocketInfo { sock: fields(6, 1), id, partial, ..SocketInfo::default() };
            let mut frame = [0u8; 64];
            let mut skb = SkBuff::new(Packet::new(&mut frame));
            skb.sk = SocketField::new(&socket);
            plugin.call(&mut skb).unwrap()
        };
        assert_eq!(call(7, false), 15);
        assert_eq!(call(8, false), 15, "another socket");
        assert_eq!(call(7, false), 106, "the first again");
        assert_eq!(call(0, false), 4000, "a socket that the host does not know again");
        assert_eq!(call(7, true), 2000);
        let values = loaded.map("values").unwrap();
        assert_eq!(values.lookup(&7u32.to_ne_bytes()).unwrap().unwrap()[..8], 6u64.to_ne_bytes());
        values.delete(&7u32.to_ne_bytes()).unwrap();
        assert_eq!(call(7, false), 15, "the host closed it");
        // As many sockets as the map has room for.
        let room = values.spec().max_entries;
        (100..100 + room - 2).for_each(|id| assert_eq!(call(id, false), 15, "{id}"));
        assert_eq!(call(99, false), 4000);
    }
    if available() {
        let host = Host::new(EngineKind::Interp).unwrap();
        let env = Env::new(host.linker.protos(), host.linker.hook_named("tc").unwrap().clone());
        let at = object.program("storage").unwrap();
        let live = KernelProgram::load(&object, at, &env).unwrap();
        let out = TestRun { data: &[0; 64], ctx: &[] }.run(&live.prog).unwrap();
        assert_eq!(out.retval, 15);
    }
}

/// What a program puts into a map of sockets it finds there, as the host knows it by then; so does what the host puts in.
#[test]
fn maps_of_sockets_give_what_was_put_in() {
    const PROGRAM: &str = "r6 = r1\n*(u64 *)(r10 - 8) = 1\n\
        r3 = *(u64 *)(r1 + 168)\nif r3 == 0 goto find\n\
        r2 = r10\nr2 += -8\nr1 = map[0] ll\nr4 = 0\ncall 2\nif r0 != 0 goto out\n\
        find:\nr2 = r10\nr2 += -8\nr1 = map[0] ll\ncall 1\nif r0 == 0 goto none\n\
        r7 = *(u32 *)(r0 + 16)\nr1 = r0\ncall 86\nr0 = r7\nexit\nnone:\nr0 = 1000\nout:\nexit\n";
    for (engine, kind, sizes) in EngineKind::ALL
        .into_iter()
        .flat_map(|e| [(e, MapKind::Sockmap, (4, 4)), (e, MapKind::Sockmap, (4, 8)), (e, MapKind::Sockhash, (8, 4))])
    {
        let mut linker = Linker::new(&Engine::new(Config::new().engine(engine)).unwrap());
        linker.hook::<SkBuff<'static>>().unwrap();
        linker.host(Sockets::new(look).numbered(|number| {
            let sock = SocketFields { mark: number as u32 * 10, ..fields(6, 1) };
            (number < 5).then(|| SocketInfo { sock, partial: number == 4, ..SocketInfo::default() })
        }));
        let spec = MapSpec::new("socks", kind, sizes.0, sizes.1, 4);
        let raw = RawProgram {
            name: "p".into(),
            insns: encode(&assemble(PROGRAM).unwrap()).unwrap(),
            maps: vec![RawMapDef { spec, init: Vec::new(), freeze: false, own_slots: Vec::new() }],
            btf: None,
            func_info: Vec::new(),
            hook: "tc".into(),
            gpl: true,
        };
        let loaded = linker.load_raw(&raw).unwrap();
        assert!(loaded.refused.is_empty(), "{:?}", loaded.refused);
        let plugin = loaded.collection.plugin::<SkBuff<'static>>("p").unwrap();
        let call = |socket: Option<SocketInfo>| {
            let mut frame = [0u8; 64];
            let mut skb = SkBuff::new(Packet::new(&mut frame));
            skb.sk = socket.as_ref().map_or(SocketField::NONE, SocketField::new);
            plugin.call(&mut skb).unwrap()
        };
        let socket = |id| Some(SocketInfo { sock: fields(6, 1), id, ..SocketInfo::default() });
        assert_eq!(call(None), 1000, "nothing is there");
        assert_eq!(call(socket(3)), 30);
        assert_eq!(call(None), 30, "it stays");
        assert_eq!(call(socket(0)), -95, "a socket without a number");
        let mut key = vec![0; sizes.0 as usize];
        key[0] = 1;
        let mut value = vec![0; sizes.1 as usize];
        value[0] = 2;
        let map = loaded.collection.map("socks").unwrap();
        map.update(&key, &value, 0).unwrap();
        assert_eq!(call(None), 20, "the host put it in");
        value[0] = 9;
        map.update(&key, &value, 0).unwrap();
        assert_eq!(call(None), 1000, "a number of no socket");
        value[0] = 4;
        map.update(&key, &value, 0).unwrap();
        assert_eq!(call(None), 1000, "no full socket");
    }
}
