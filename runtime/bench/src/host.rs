//! The helpers of the workloads, the same code for every engine: native workloads find them by name in this program.

use std::cell::UnsafeCell;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use stingless::{HelperFn, VmCtx};

/// The array of `maparr`; native code reaches into it.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals, reason = "the workloads call it so")]
pub(crate) static arr_values: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];

/// Slots of the table of `maphash`, a power of two.
const SLOTS: usize = 1024;

/// An open-addressing table, about the least that a hash map can be.
struct Table(UnsafeCell<[(u32, bool, u64); SLOTS]>);

// SAFETY: benchmarks run in one thread.
unsafe impl Sync for Table {}

static TABLE: Table = Table(UnsafeCell::new([(0, false, 0); SLOTS]));

/// The slot where a key is, or where it goes.
///
/// # Safety
/// One thread at a time.
unsafe fn slot(key: u32) -> *mut (u32, bool, u64) {
    let mut at = key.wrapping_mul(0x9e37_79b1) as usize >> 8;
    let slots = TABLE.0.get().cast::<(u32, bool, u64)>();
    loop {
        // SAFETY: the index is below the table's length; one thread is the caller's promise.
        let here = unsafe { slots.add(at % SLOTS) };
        // SAFETY: as above.
        let (held, used, _) = unsafe { *here };
        if !used || held == key {
            return here;
        }
        at += 1;
    }
}

/// Everything as it was at the start: 256 keys in the table, zeros in the array.
pub(crate) fn reset() {
    arr_values.iter().for_each(|v| v.store(0, Relaxed));
    // SAFETY: benchmarks run in one thread.
    unsafe {
        *TABLE.0.get() = [(0, false, 0); SLOTS];
        for i in 0..256u32 {
            let key = i.wrapping_mul(2_654_435_761);
            *slot(key) = (key, true, i.into());
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn host_fn(a: u64, b: u64) -> u64 {
    a.wrapping_add(b) ^ 0x55
}

/// # Safety
/// `key` points to 4 bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn arr_lookup(_map: u64, key: *const u32) -> u64 {
    // SAFETY: the caller's promise.
    let key = unsafe { key.read_unaligned() };
    arr_values.get(key as usize).map_or(0, |v| std::ptr::from_ref(v).expose_provenance() as u64)
}

/// # Safety
/// `key` points to 4 bytes.
#[unsafe(no_mangle)]
unsafe extern "C" fn hash_lookup(_map: u64, key: *const u32) -> u64 {
    // SAFETY: the caller's promise; benchmarks run in one thread.
    unsafe {
        let found = slot(key.read_unaligned());
        if (*found).1 { (&raw mut (*found).2).expose_provenance() as u64 } else { 0 }
    }
}

/// # Safety
/// `key` points to 4 bytes, `value` to 8.
#[unsafe(no_mangle)]
unsafe extern "C" fn hash_update(_map: u64, key: *const u32, value: *const u64, _flags: u64) -> u64 {
    // SAFETY: the caller's promise; benchmarks run in one thread.
    unsafe {
        let key = key.read_unaligned();
        *slot(key) = (key, true, value.read_unaligned());
    }
    0
}

fn at<T>(address: u64) -> *const T {
    std::ptr::with_exposed_provenance(address as usize)
}

unsafe extern "C" fn host_entry(a: u64, b: u64, _: u64, _: u64, _: u64, _: *mut VmCtx) -> u64 {
    host_fn(a, b)
}

unsafe extern "C" fn arr_entry(map: u64, key: u64, _: u64, _: u64, _: u64, _: *mut VmCtx) -> u64 {
    // SAFETY: the workloads give the address of a key.
    unsafe { arr_lookup(map, at(key)) }
}

unsafe extern "C" fn hash_entry(map: u64, key: u64, _: u64, _: u64, _: u64, _: *mut VmCtx) -> u64 {
    // SAFETY: the workloads give the address of a key.
    unsafe { hash_lookup(map, at(key)) }
}

unsafe extern "C" fn update_entry(map: u64, key: u64, value: u64, flags: u64, _: u64, _: *mut VmCtx) -> u64 {
    // SAFETY: the workloads give the addresses of a key and of a value.
    unsafe { hash_update(map, at(key), at(value), flags) }
}

/// The workloads' helpers by number.
pub(crate) const HELPERS: [(u32, HelperFn); 5] =
    [(1, host_entry), (60_000, host_entry), (2, arr_entry), (3, hash_entry), (4, update_entry)];

/// The same for rbpf.
pub(crate) const RBPF: [(u32, rbpf::Helper); 5] = [
    (1, |a, b, _, _, _| host_fn(a, b)),
    (60_000, |a, b, _, _, _| host_fn(a, b)),
    // SAFETY: as in `arr_entry`.
    (2, |map, key, _, _, _| unsafe { arr_lookup(map, at(key)) }),
    // SAFETY: as in `hash_entry`.
    (3, |map, key, _, _, _| unsafe { hash_lookup(map, at(key)) }),
    // SAFETY: as in `update_entry`.
    (4, |map, key, value, flags, _| unsafe { hash_update(map, at(key), at(value), flags) }),
];

/// Where the workloads' helpers point: interpreters that look each access up must know.
pub(crate) fn areas() -> [std::ops::Range<u64>; 2] {
    let area = |start: *const u8, bytes: usize| start as u64..start as u64 + bytes as u64;
    [
        area(arr_values.as_ptr().cast(), size_of_val(&arr_values)),
        area(TABLE.0.get().cast(), size_of::<[(u32, bool, u64); SLOTS]>()),
    ]
}
