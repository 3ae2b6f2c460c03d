//! What helpers do with a map argument: the addresses in their other arguments were proved for this map.

use std::ops::ControlFlow;
use std::ptr::{with_exposed_provenance, with_exposed_provenance_mut};

use stingless_abi::MapKind;
use stingless_abi::object::SOCKET;

use super::args::{
    CallbackCtx, ConstStr, CtxArg, ForEachCallback, Key, MapArg, Record, RecordPtr, Socket, SpinLock, ValueIn,
    ValueInOrNull, ValueOut, ValuePtr, ValuePtrMaybe,
};
use super::mem::{Mem, MemMut};
use super::socket::{AnySocket, HeldSocket, SocketInfo};
use crate::caller::Caller;
use crate::helper::{Errno, HelperError, HelperResult};
use crate::hook::Ctx;
use crate::maps::MapCore;
use crate::maps::lock;
use crate::sync::{Arc, AtomicU32, LazyLock, Ordering};
use crate::vm::Release;

impl<const KINDS: u64> MapArg<'_, KINDS> {
    /// The value of a key, or NULL. It stays a value of the map until the run ends.
    #[must_use]
    pub fn lookup(&self, key: Key<'_>) -> ValuePtr {
        // SAFETY: `Key` was proved readable for the key size of the call's map argument, which is this one; the run
        // entered an epoch, since its program names a map whose elements are reclaimed.
        ValuePtr(unsafe { self.map.prog_lookup(with_exposed_provenance(key.addr as usize)) }.expose_provenance() as u64)
    }

    /// Adds or replaces an element.
    #[must_use]
    pub fn update(&self, key: Key<'_>, value: ValueIn<'_>, flags: u64) -> Errno {
        let (key, value) = (with_exposed_provenance(key.addr as usize), with_exposed_provenance(value.addr as usize));
        // SAFETY: both were proved readable for the sizes of the call's map argument, which is this one.
        Errno(unsafe { self.map.prog_update(key, value, flags) })
    }

    /// The socket of a key in a map of sockets, which the run now holds, or NULL. `find` gives the socket of a number that
    /// the host put in, or that [`SocketInfo::id`] was.
    pub fn lookup_socket(
        &self,
        caller: &mut Caller<'_>,
        key: Key<'_>,
        find: impl FnOnce(&Caller<'_>, u64) -> Option<SocketInfo>,
    ) -> ValuePtr {
        if !self.map.spec().kind.holds_sockets() {
            return ValuePtr(0);
        }
        // SAFETY: the key was proved readable for the key size of the call's map argument, which is this one.
        let key = unsafe { Mem::new(key.addr, self.map.spec().key_size.into()) }.to_vec();
        let mut number = [0; 8];
        let found = self.map.lookup_into(&key, &mut number[..self.map.spec().value_size as usize]);
        let socket = if found.is_ok_and(|found| found) { find(caller, u64::from_le_bytes(number)) } else { None };
        ValuePtr(socket.map_or(0, |socket| HeldSocket::<SOCKET>::hold(caller, socket).addr()))
    }

    /// Puts a socket into a map of sockets, by its number: `-EOPNOTSUPP` for a socket that has none.
    #[must_use]
    pub fn update_socket(&self, key: Key<'_>, value: ValueIn<'_>, flags: u64) -> Errno {
        if !self.map.spec().kind.holds_sockets() {
            return Errno(-i64::from(libc::EINVAL));
        }
        // SAFETY: of a map of sockets, which the call's map argument is, the value was proved to be a socket.
        let info = unsafe { AnySocket::at(value.addr) }.info();
        if info.id == 0 || info.partial {
            return Errno(-i64::from(libc::EOPNOTSUPP));
        }
        let mut number = u64::from(info.id).to_le_bytes();
        let (key, number) = (with_exposed_provenance(key.addr as usize), number.as_mut_ptr().cast_const());
        // SAFETY: the key was proved readable for the key size of the call's map argument, which is this one; a value of
        // the kind has 4 to 8 bytes.
        Errno(unsafe { self.map.prog_update(key, number, flags) })
    }

    /// Deletes an element.
    #[must_use]
    pub fn delete(&self, key: Key<'_>) -> Errno {
        // SAFETY: the key was proved readable for the key size of the call's map argument, which is this one.
        Errno(unsafe { self.map.prog_delete(with_exposed_provenance(key.addr as usize)) })
    }

    /// The value of a key in an execution slot, or NULL.
    #[must_use]
    pub fn lookup_slot(&self, key: Key<'_>, slot: u32) -> ValuePtrMaybe {
        // SAFETY: as for `lookup`.
        let value = unsafe { self.map.prog_lookup_slot(with_exposed_provenance(key.addr as usize), slot) };
        ValuePtrMaybe(value.expose_provenance() as u64)
    }

    /// Adds a value to a queue, a stack or a bloom filter.
    #[must_use]
    pub fn push(&self, value: ValueIn<'_>, flags: u64) -> Errno {
        // SAFETY: the value was proved readable for the value size of the call's map argument, which is this one.
        Errno(unsafe { self.map.prog_push(with_exposed_provenance(value.addr as usize), flags) })
    }

    /// Takes the next value of a queue or a stack, or copies it; of a bloom filter, says whether the value is there.
    #[must_use]
    pub fn next(&self, value: ValueOut<'_>, take: bool) -> Errno {
        if self.map.spec().kind == MapKind::BloomFilter {
            // SAFETY: of a bloom filter the value was proved readable for the map's value size.
            return Errno(unsafe { self.map.prog_test(with_exposed_provenance(value.addr as usize)) });
        }
        // SAFETY: of other kinds the value was proved writable for the map's value size, for the call.
        let mut room = unsafe { MemMut::new(value.addr, self.map.spec().value_size.into()) };
        match self.map.next(take) {
            Ok(bytes) => {
                room.write(0, &bytes);
                Errno(0)
            }
            Err(fault) => {
                room.fill(0);
                Errno(fault.negative())
            }
        }
    }

    /// The map's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.map.spec().name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> MapKind {
        self.map.spec().kind
    }

    /// Its capacity.
    #[must_use]
    pub fn max_entries(&self) -> u32 {
        self.map.spec().max_entries
    }

    /// The value that socket `id` has; with `create`, one that is made of `value` (zeroes, for NULL) where it has none yet.
    /// NULL where there is none, or no room for one more.
    #[must_use]
    pub fn storage(&self, id: u32, value: ValueInOrNull<'_>, create: bool) -> ValuePtrMaybe {
        if self.map.spec().kind != MapKind::SkStorage {
            return ValuePtrMaybe(0);
        }
        let mut key = id.to_ne_bytes();
        let key = key.as_mut_ptr().cast_const();
        // SAFETY: the key is of 4 bytes, as in every map of the kind; the run entered an epoch, since its program names a
        // map whose elements are reclaimed.
        let find = || unsafe { self.map.prog_lookup(key) }.expose_provenance() as u64;
        let found = find();
        if found != 0 || !create {
            return ValuePtrMaybe(found);
        }
        let mut zeroes = vec![0u8; self.map.spec().value_size as usize];
        let given = match value.addr {
            0 => zeroes.as_mut_ptr().cast_const(),
            addr => with_exposed_provenance(addr as usize),
        };
        // SAFETY: as above; the value was proved readable for the value size of the call's map argument, which is this one,
        // or it is the zeroes. Another thread may have made one in between, which is as good.
        let _ = unsafe { self.map.prog_update(key, given, stingless_abi::map::BPF_NOEXIST) };
        ValuePtrMaybe(find())
    }

    /// Takes the value of socket `id` away: 0, or `-ENOENT` where it has none.
    #[must_use]
    pub fn storage_delete(&self, id: u32) -> Errno {
        let mut key = id.to_ne_bytes();
        match self.map.spec().kind {
            // SAFETY: the key is of 4 bytes, as in every map of the kind.
            MapKind::SkStorage => Errno(unsafe { self.map.prog_delete(key.as_mut_ptr().cast_const()) }),
            _ => Errno(-i64::from(libc::ENOENT)),
        }
    }

    /// How many elements it has.
    #[must_use]
    pub fn elements(&self) -> usize {
        self.map.len()
    }

    /// The first four bytes of the value at an index, copied; `None` where there is none, and for kinds with other keys.
    #[must_use]
    pub fn handle_at(&self, index: u32) -> Option<u32> {
        let spec = self.map.spec();
        if spec.key_size != 4 || spec.value_size < 4 || spec.kind.is_per_slot() {
            return None;
        }
        let mut value = vec![0; spec.value_size as usize];
        let found = self.map.lookup_into(&index.to_ne_bytes(), &mut value).ok()?;
        found.then(|| u32::from_ne_bytes([value[0], value[1], value[2], value[3]]))
    }

    /// Runs a callback for each element until it returns other than 0. Gives how many it was run for.
    ///
    /// # Errors
    /// The callback's trap: return it unchanged.
    pub fn for_each(
        &self,
        caller: &mut Caller<'_>,
        callback: ForEachCallback<'_>,
        ctx: CallbackCtx<'_>,
    ) -> HelperResult<i64> {
        let map = std::ptr::from_ref(self.map).expose_provenance() as u64;
        let mut trapped = None;
        let calls = self.map.for_each(|key, value| {
            let args = [map, key.expose_provenance() as u64, value.expose_provenance() as u64, ctx.addr];
            match caller.call_for_each(callback, args) {
                Ok(0) => ControlFlow::Continue(()),
                Ok(_) => ControlFlow::Break(()),
                Err(e) => {
                    trapped = Some(e);
                    ControlFlow::Break(())
                }
            }
        });
        match trapped {
            Some(e) => Err(e),
            None => Ok(calls),
        }
    }
}

impl<const KINDS: u64> MapArg<'_, KINDS> {
    /// Reserves a record of a ring buffer: the run holds it until it is submitted or discarded.
    #[must_use]
    pub fn ring_reserve(&self, caller: &mut Caller<'_>, size: u64, flags: u64) -> RecordPtr {
        RecordPtr(reserve(self.map, caller, size, flags))
    }

    /// Reserves a record of a ring buffer and makes `ptr` a view of it: 0 or a negative errno.
    #[must_use]
    pub fn ring_reserve_dynptr(
        &self,
        caller: &mut Caller<'_>,
        ptr: &mut super::dynptr::NewDynptrRingbuf<'_>,
        size: u64,
        flags: u64,
    ) -> i64 {
        ptr.reserve(caller, self.map, size, flags)
    }

    /// Copies bytes into a record of a ring buffer.
    #[must_use]
    pub fn ring_output(&self, data: &Mem<'_>, flags: u64) -> Errno {
        let (addr, len) = data.raw();
        // SAFETY: a `Mem` is readable for its length, for the call.
        Errno(unsafe { self.map.ring_output(with_exposed_provenance(addr as usize), len, flags) })
    }

    /// A figure of a ring buffer, see `bpf_ringbuf_query`.
    #[must_use]
    pub fn ring_query(&self, what: u64) -> u64 {
        self.map.ring_query(what)
    }
}

/// Reserves a record that the run holds from then on; 0 where there is no room.
pub(super) fn reserve(map: &MapCore, caller: &mut Caller<'_>, size: u64, flags: u64) -> u64 {
    let record = map.ring_reserve(size, flags).expose_provenance() as u64;
    if record != 0 && !caller.cx().hold_of_map(map.runtime_addr(), record) {
        // The run names no such map: whoever asked is no program. Nothing may be left reserved.
        map.ring_commit(record, true, 0);
        return 0;
    }
    record
}

impl Record<'_> {
    /// Hands the record to the consumer.
    pub fn submit(self, caller: &mut Caller<'_>, flags: u64) {
        caller.cx().give_back(self.addr, true, flags);
    }

    /// Gives the record back: the consumer does not see it.
    pub fn discard(self, caller: &mut Caller<'_>, flags: u64) {
        caller.cx().give_back(self.addr, false, flags);
    }
}

impl Socket<'_> {
    /// Gives the socket back.
    pub fn release(self, caller: &mut Caller<'_>) {
        caller.cx().give_back(self.addr, false, 0);
    }
}

/// Gives back the spin locks that a run still holds when it ends.
struct SpinLocks;

static SPIN_LOCKS: LazyLock<Arc<SpinLocks>> = LazyLock::new(|| Arc::new(SpinLocks));

impl Release for SpinLocks {
    fn release(&self, key: u64) {
        let word: *const AtomicU32 = with_exposed_provenance(key as usize);
        // SAFETY: `SpinLock::lock` alone makes a run hold a key with this owner: the address of an aligned word in a value
        // of one of the run's maps. The run's programs keep the maps, and its epoch, which ends after its record, the value.
        let word = unsafe { &*word };
        // Not a plain store: the value may have been written over by a host that takes no lock.
        let _ = word.compare_exchange(lock::owner(), 0, Ordering::Release, Ordering::Relaxed);
    }
}

impl SpinLock<'_> {
    /// Takes the lock: the run holds it until it gives it back, and at its end at the latest.
    ///
    /// # Errors
    /// Somebody else holds it for more than about a second.
    pub fn lock(self, caller: &mut Caller<'_>) -> HelperResult<()> {
        if !self.addr.is_multiple_of(4) {
            return Err(HelperError::new("the spin lock is not aligned to 4 bytes"));
        }
        let word: *const AtomicU32 = with_exposed_provenance(self.addr as usize);
        // SAFETY: the argument was proved to be the spin lock of a map value, aligned by the line above. Programs and hosts
        // touch it through atomics alone.
        let held = lock::take(unsafe { &*word }, lock::owner());
        let held = held.ok_or_else(|| HelperError::new("the spin lock was not free for about a second"))?;
        held.keep();
        caller.cx().hold(self.addr, SPIN_LOCKS.clone());
        Ok(())
    }

    /// Gives the lock back.
    pub fn unlock(self, caller: &mut Caller<'_>) {
        caller.cx().give_back(self.addr, true, 0);
    }
}

impl ConstStr<'_> {
    /// The bytes up to the NUL, copied.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let text: *const u8 = with_exposed_provenance(self.addr as usize);
        // SAFETY: the argument was proved to point into frozen map memory with a NUL behind it: nobody writes there, and
        // the program keeps the map.
        unsafe { std::ffi::CStr::from_ptr(text.cast()) }.to_bytes().to_vec()
    }
}

impl CtxArg<'_> {
    /// Lends the native context to `f`, if the running program's hook is `H`'s; `None` of another hook.
    pub fn with<H: Ctx, R>(&self, caller: &Caller<'_>, f: impl FnOnce(&mut H::Of<'_>) -> R) -> Option<R> {
        if !caller.is_hook::<H>() {
            return None;
        }
        let ctx: *mut H::Of<'_> = with_exposed_provenance_mut(self.addr as usize);
        // SAFETY: the argument was proved to be the context of the running program, whose hook is `H`'s: an `H::Of`
        // borrowed exclusively for the run. The plugin waits, and nobody else in core keeps a reference to it.
        Some(f(unsafe { &mut *ctx }))
    }
}
