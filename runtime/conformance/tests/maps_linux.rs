//! Maps against the live kernel's: the same operations through `bpf()`, the same error numbers, values and keys.
//!
//! Where the kernel refuses `bpf()` the test says so and passes: the project's own tests cover the same ground.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use stingless::Map;
use stingless_abi::map::{F_NO_PREALLOC, F_RDONLY, F_WRONLY};
use stingless_abi::{MapKind, MapSpec};

const CREATE: i64 = 0;
const LOOKUP: i64 = 1;
const UPDATE: i64 = 2;
const DELETE: i64 = 3;
const NEXT_KEY: i64 = 4;
const LOOKUP_AND_DELETE: i64 = 21;
const FREEZE: i64 = 22;

/// `union bpf_attr` as the commands above read it.
#[repr(C)]
#[derive(Default)]
struct Element {
    fd: u32,
    pad: u32,
    key: u64,
    value: u64,
    flags: u64,
}

#[repr(C)]
#[derive(Default)]
struct Create {
    kind: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    flags: u32,
}

fn bpf<T>(command: i64, attr: &T) -> Result<i32, i32> {
    // SAFETY: `attr` is a plain struct of its size; pointers in it are to buffers that live across the call and have
    // the sizes of the map's keys and values.
    let result = unsafe { libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attr), size_of::<T>()) };
    i32::try_from(result)
        .ok()
        .filter(|&n| n >= 0)
        .ok_or_else(|| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// A map of the kernel.
struct KernelMap {
    fd: OwnedFd,
    value_size: usize,
    key_size: usize,
}

impl KernelMap {
    fn create(spec: &MapSpec) -> Result<KernelMap, i32> {
        let attr = Create {
            kind: spec.kind as u32,
            key_size: spec.key_size,
            value_size: spec.value_size,
            max_entries: spec.max_entries,
            flags: spec.flags,
        };
        let fd = bpf(CREATE, &attr)?;
        // SAFETY: the kernel just made the descriptor for us.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(KernelMap { fd, value_size: spec.value_size as usize, key_size: spec.key_size as usize })
    }

    fn element(&self, key: Option<&[u8]>, value: u64, flags: u64) -> Element {
        let key = key.filter(|key| !key.is_empty()).map_or(0, |key| key.as_ptr() as u64);
        Element { fd: self.fd.as_raw_fd() as u32, pad: 0, key, value, flags }
    }

    fn lookup(&self, key: &[u8]) -> Result<Vec<u8>, i32> {
        let mut value = vec![0; self.value_size];
        bpf(LOOKUP, &self.element(Some(key), value.as_mut_ptr() as u64, 0)).map(|_| value)
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64) -> Result<(), i32> {
        bpf(UPDATE, &self.element(Some(key), value.as_ptr() as u64, flags)).map(|_| ())
    }

    fn delete(&self, key: &[u8]) -> Result<(), i32> {
        bpf(DELETE, &self.element(Some(key), 0, 0)).map(|_| ())
    }

    fn next_key(&self, key: Option<&[u8]>) -> Result<Vec<u8>, i32> {
        let mut next = vec![0; self.key_size];
        bpf(NEXT_KEY, &self.element(key, next.as_mut_ptr() as u64, 0)).map(|_| next)
    }

    fn pop(&self) -> Result<Vec<u8>, i32> {
        let mut value = vec![0; self.value_size];
        bpf(LOOKUP_AND_DELETE, &self.element(None, value.as_mut_ptr() as u64, 0)).map(|_| value)
    }

    fn freeze(&self) -> Result<(), i32> {
        bpf(FREEZE, &self.element(None, 0, 0)).map(|_| ())
    }

    fn keys(&self) -> Result<Vec<Vec<u8>>, i32> {
        let mut keys: Vec<Vec<u8>> = Vec::new();
        loop {
            match self.next_key(keys.last().map(Vec::as_slice)) {
                Ok(key) => keys.push(key),
                Err(libc::ENOENT) => return Ok(keys),
                Err(errno) => return Err(errno),
            }
        }
    }
}

/// Our map with the kernel's conventions: errors are numbers, a missing element is `ENOENT`.
struct Ours(Map);

impl Ours {
    fn lookup(&self, key: &[u8]) -> Result<Vec<u8>, i32> {
        self.0.lookup(key).map_err(|e| e.errno())?.ok_or(libc::ENOENT)
    }

    fn update(&self, key: &[u8], value: &[u8], flags: u64) -> Result<(), i32> {
        self.0.update(key, value, flags).map_err(|e| e.errno())
    }

    fn delete(&self, key: &[u8]) -> Result<(), i32> {
        self.0.delete(key).map_err(|e| e.errno())
    }

    fn next_key(&self, key: Option<&[u8]>) -> Result<Vec<u8>, i32> {
        self.0.next_key(key).map_err(|e| e.errno())?.ok_or(libc::ENOENT)
    }

    fn pop(&self) -> Result<Vec<u8>, i32> {
        self.0.pop().map_err(|e| e.errno())?.ok_or(libc::ENOENT)
    }

    fn freeze(&self) -> Result<(), i32> {
        self.0.freeze().map_err(|e| e.errno())
    }
}

fn kernel_answers() -> bool {
    let probe = KernelMap::create(&MapSpec::new("probe", MapKind::Array, 4, 4, 1));
    if let Err(errno) = &probe {
        let why = std::io::Error::from_raw_os_error(*errno);
        eprintln!("SKIPPED: the kernel refuses bpf() ({why}), so maps are not compared with Linux's");
    }
    probe.is_ok()
}

fn spec(kind: MapKind, key: u32, value: u32, entries: u32, flags: u32) -> MapSpec {
    MapSpec { flags, ..MapSpec::new("m", kind, key, value, entries) }
}

/// A fixed sequence of numbers (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

fn bytes(n: u64, size: u32) -> Vec<u8> {
    (0..size as usize).map(|i| if i < 8 { n.to_le_bytes()[i] } else { i as u8 }).collect()
}

fn compare(spec: &MapSpec, steps: u32) {
    let (kernel, ours) = match (KernelMap::create(spec), Map::create(spec)) {
        (Ok(kernel), Ok(ours)) => (kernel, Ours(ours)),
        (kernel, ours) => panic!("{spec:?}: kernel {:?}, ours {:?}", kernel.err(), ours.err()),
    };
    let mut random = Random(u64::from(spec.key_size * 131 + spec.value_size * 7 + spec.flags) + 1);
    let keys = u64::from(spec.max_entries) * 3 / 2 + 2;
    for step in 0..steps {
        let key = bytes(random.below(keys), spec.key_size);
        match random.below(8) {
            0..4 => {
                let value = bytes(random.below(1 << 40), spec.value_size);
                let flags = [0, 0, 1, 2, 3, 4, 8][random.below(7) as usize];
                let (theirs, mine) = (kernel.update(&key, &value, flags), ours.update(&key, &value, flags));
                assert_eq!(theirs, mine, "{spec:?} step {step}: update {key:?} flags {flags}");
            }
            4 => assert_eq!(kernel.delete(&key), ours.delete(&key), "{spec:?} step {step}: delete {key:?}"),
            5 if spec.kind == MapKind::Array => {
                assert_eq!(
                    kernel.next_key(Some(&key)),
                    ours.next_key(Some(&key)),
                    "{spec:?} step {step}: next {key:?}"
                );
            }
            _ => assert_eq!(kernel.lookup(&key), ours.lookup(&key), "{spec:?} step {step}: lookup {key:?}"),
        }
    }
    let mut theirs = kernel.keys().unwrap_or_default();
    let mut mine = ours.0.keys().unwrap_or_default();
    theirs.sort_unstable();
    mine.sort_unstable();
    assert_eq!(theirs, mine, "{spec:?}: keys");
    for round in 0..2 {
        assert_eq!(kernel.freeze(), ours.freeze(), "{spec:?}: freeze, round {round}");
        let (key, value) = (bytes(0, spec.key_size), bytes(1, spec.value_size));
        assert_eq!(kernel.update(&key, &value, 0), ours.update(&key, &value, 0), "{spec:?}: update when frozen");
        assert_eq!(kernel.delete(&key), ours.delete(&key), "{spec:?}: delete when frozen");
        assert_eq!(kernel.lookup(&key), ours.lookup(&key), "{spec:?}: lookup when frozen");
    }
}

#[test]
fn arrays_and_hashes_do_as_linux_does() {
    if !kernel_answers() {
        return;
    }
    for (key, value, entries) in [(4, 8, 10), (4, 1, 3), (4, 5, 1), (4, 100, 40)] {
        for flags in [0, F_RDONLY, F_WRONLY] {
            compare(&spec(MapKind::Array, key, value, entries, flags), 1000);
        }
    }
    for (key, value, entries) in [(4, 8, 10), (8, 8, 1), (16, 4, 64), (3, 5, 7), (20, 33, 30)] {
        for flags in [0, F_NO_PREALLOC, F_RDONLY, F_WRONLY] {
            compare(&spec(MapKind::Hash, key, value, entries, flags), 1500);
        }
    }
}

/// One difference is known: an LRU hash with `BPF_F_NO_PREALLOC` is `ENOTSUPP` in Linux, `EINVAL` here like any other
/// flag that a kind does not take.
#[test]
fn shapes_are_refused_as_linux_does() {
    if !kernel_answers() {
        return;
    }
    for spec in [
        spec(MapKind::Array, 8, 8, 1, 0),
        spec(MapKind::Array, 4, 0, 1, 0),
        spec(MapKind::Array, 4, 8, 0, 0),
        spec(MapKind::Array, 4, 8, 1, F_NO_PREALLOC),
        spec(MapKind::Array, 4, 8, 1, F_RDONLY | F_WRONLY),
        spec(MapKind::Hash, 0, 8, 1, 0),
        spec(MapKind::Hash, 4, 0, 1, 0),
        spec(MapKind::Hash, 4, 8, 0, 0),
        spec(MapKind::Ringbuf, 0, 0, 4095, 0),
        spec(MapKind::Ringbuf, 0, 0, 3 * 4096, 0),
        spec(MapKind::Ringbuf, 4, 0, 4096, 0),
        spec(MapKind::UserRingbuf, 0, 0, 4095, 0),
        spec(MapKind::UserRingbuf, 0, 8, 4096, 0),
        spec(MapKind::UserRingbuf, 0, 0, 4096, F_RDONLY),
        spec(MapKind::ProgArray, 4, 8, 1, 0),
        spec(MapKind::LpmTrie, 8, 8, 1, 0),
        spec(MapKind::LpmTrie, 4, 8, 1, F_NO_PREALLOC),
        spec(MapKind::LpmTrie, 261, 8, 1, F_NO_PREALLOC),
        spec(MapKind::LpmTrie, 8, 8, 0, F_NO_PREALLOC),
        spec(MapKind::Queue, 4, 8, 1, 0),
        spec(MapKind::Queue, 0, 0, 1, 0),
        spec(MapKind::Stack, 0, 8, 0, 0),
        spec(MapKind::Stack, 0, 8, 1, F_NO_PREALLOC),
        spec(MapKind::BloomFilter, 4, 8, 1, 0),
        spec(MapKind::BloomFilter, 0, 8, 0, 0),
        spec(MapKind::Devmap, 8, 4, 1, 0),
        spec(MapKind::Cpumap, 4, 4, 1, F_NO_PREALLOC),
        spec(MapKind::Xskmap, 4, 8, 1, 0),
        spec(MapKind::PerfEventArray, 4, 8, 1, 0),
        spec(MapKind::CgroupArray, 8, 4, 1, 0),
    ] {
        let theirs = KernelMap::create(&spec).err();
        let mine = Map::create(&spec).err().map(|e| e.errno());
        assert_eq!(theirs, mine, "{spec:?}");
        assert!(mine.is_some(), "{spec:?}");
    }
}

#[test]
fn rings_and_prog_arrays_refuse_what_linux_refuses() {
    if !kernel_answers() {
        return;
    }
    let shape = spec(MapKind::ProgArray, 4, 4, 2, 0);
    let (kernel, ours) = (KernelMap::create(&shape).unwrap(), Ours(Map::create(&shape).unwrap()));
    for index in 0..4u32 {
        let key = index.to_ne_bytes();
        assert_eq!(kernel.lookup(&key), ours.lookup(&key), "lookup {index}");
        assert_eq!(kernel.delete(&key), ours.delete(&key), "delete {index}");
        assert_eq!(kernel.next_key(Some(&key)), ours.next_key(Some(&key)), "next {index}");
        assert_eq!(kernel.update(&key, &[255; 4], 0), ours.update(&key, &[255; 4], 0), "update {index}");
        assert_eq!(kernel.update(&key, &[255; 4], 1), ours.update(&key, &[255; 4], 1), "update {index} with flags");
    }
}

/// A prefix of random length, at most `most` bits, and data of few different bytes; cut to its length where `cut`.
fn prefix(random: &mut Random, key_size: u32, most: u64, cut: bool) -> Vec<u8> {
    let len = random.below(most + 1) as u32;
    let data: Vec<u8> = (4..key_size).map(|_| [0, 0x80, 0x0a, 0xff][random.below(4) as usize]).collect();
    let kept = data.iter().zip(0u32..).map(|(&byte, at)| match len.saturating_sub(at * 8) {
        _ if !cut => byte,
        0 => 0,
        bits => byte & !(0xffu16 >> bits.min(8)) as u8,
    });
    len.to_ne_bytes().into_iter().chain(kept).collect()
}

#[test]
fn tries_do_as_linux_does() {
    if !kernel_answers() {
        return;
    }
    for (key_size, entries) in [(5, 6), (8, 20), (8, 3), (20, 50)] {
        let shape = spec(MapKind::LpmTrie, key_size, 8, entries, F_NO_PREALLOC);
        let (kernel, ours) = (KernelMap::create(&shape).unwrap(), Ours(Map::create(&shape).unwrap()));
        let mut random = Random(u64::from(key_size * 7 + entries));
        let most = u64::from(key_size - 4) * 8;
        for step in 0..3000 {
            // One bit more than there is, now and then.
            let key = prefix(&mut random, key_size, most + u64::from(step % 16 == 0), true);
            let value = random.below(1 << 40).to_le_bytes();
            let flags = [0, 0, 1, 2, 3, 4][random.below(6) as usize];
            match random.below(6) {
                0 | 1 => {
                    let (theirs, mine) = (kernel.update(&key, &value, flags), ours.update(&key, &value, flags));
                    assert_eq!(theirs, mine, "{shape:?} step {step}: update {key:?} flags {flags}");
                }
                2 => assert_eq!(kernel.delete(&key), ours.delete(&key), "{shape:?} step {step}: delete {key:?}"),
                _ => {
                    let key = prefix(&mut random, key_size, most, false);
                    assert_eq!(kernel.lookup(&key), ours.lookup(&key), "{shape:?} step {step}: lookup {key:?}");
                }
            }
        }
        let (mut theirs, mut mine) = (kernel.keys().unwrap(), ours.0.keys().unwrap());
        theirs.sort_unstable();
        mine.sort_unstable();
        assert_eq!(theirs, mine, "{shape:?}: keys");
    }
}

#[test]
fn queues_and_stacks_do_as_linux_does() {
    if !kernel_answers() {
        return;
    }
    for (kind, value, entries) in [(MapKind::Queue, 8, 5), (MapKind::Stack, 3, 4), (MapKind::Queue, 100, 1)] {
        let shape = spec(kind, 0, value, entries, 0);
        let (kernel, ours) = (KernelMap::create(&shape).unwrap(), Ours(Map::create(&shape).unwrap()));
        let mut random = Random(u64::from(value * 7 + entries));
        for step in 0..2000 {
            match random.below(6) {
                0..3 => {
                    let (new, flags) = (bytes(random.below(1 << 40), value), random.below(5));
                    let (theirs, mine) = (kernel.update(&[], &new, flags), ours.update(&[], &new, flags));
                    assert_eq!(theirs, mine, "{shape:?} step {step}: push with flags {flags}");
                }
                3 => assert_eq!(kernel.lookup(&[]), ours.lookup(&[]), "{shape:?} step {step}: peek"),
                _ => assert_eq!(kernel.pop(), ours.pop(), "{shape:?} step {step}: pop"),
            }
        }
        assert_eq!(kernel.delete(&[]), ours.delete(&[]), "{shape:?}: delete");
        assert_eq!(kernel.next_key(None), ours.next_key(None), "{shape:?}: next");
    }
}
