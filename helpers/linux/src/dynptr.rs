//! Dynptrs: views of memory whose size is not known before the program runs.

use stingless::abi::{MapKind, MapKinds};
use stingless::{
    Buffer, ConstScalar, CtxArg, Dynptr, DynptrAdjust, DynptrMem, DynptrMut, Errno, LastingMem, MapArg, Mem, MemOut,
    NewDynptrClone, NewDynptrLocal, NewDynptrRingbuf, NewDynptrSkb, NewDynptrSkbMeta, NewDynptrXdp, OldDynptrRingbuf,
    ViewPtr,
};

const RING: u64 = MapKinds::of(&[MapKind::Ringbuf]).0;
const EINVAL: i64 = -22;

stingless::bpf_call_4! {
    /// Makes `ptr` a view of `size` bytes of a map value. Returns 0 or a negative errno.
    #[id = 197]
    #[effects(no_trap)]
    pub fn bpf_dynptr_from_mem(_caller, data: LastingMem, flags: u64, ptr: NewDynptrLocal) -> Errno {
        let mut ptr = ptr;
        Errno(if flags != 0 { EINVAL } else { ptr.set(&data) })
    }
}

stingless::bpf_call_3! {
    /// Makes `ptr` a view of the metadata in front of the packet. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_from_skb_meta(caller, skb: CtxArg, flags: u64, ptr: NewDynptrSkbMeta) -> i32 {
        let mut ptr = ptr;
        if flags != 0 { EINVAL as i32 } else { ptr.set(caller, skb) as i32 }
    }
}

stingless::bpf_call_4! {
    /// Reserves a record of `size` bytes and makes `ptr` a view of it, which must be submitted or discarded on every path,
    /// also where this fails. Returns 0 or a negative errno.
    #[id = 198]
    #[effects(no_trap)]
    pub fn bpf_ringbuf_reserve_dynptr(
        caller,
        ringbuf: MapArg<RING>,
        size: u32,
        flags: u64,
        ptr: NewDynptrRingbuf
    ) -> Errno {
        let mut ptr = ptr;
        Errno(ringbuf.ring_reserve_dynptr(caller, &mut ptr, size.into(), flags))
    }
}

stingless::bpf_call_2! {
    /// Hands the record to the consumer.
    #[id = 199]
    #[effects(no_trap)]
    pub fn bpf_ringbuf_submit_dynptr(caller, ptr: OldDynptrRingbuf, flags: u64) -> () {
        let mut ptr = ptr;
        ptr.release(caller, true, flags);
    }
}

stingless::bpf_call_2! {
    /// Gives the record back: the consumer does not see it.
    #[id = 200]
    #[effects(no_trap)]
    pub fn bpf_ringbuf_discard_dynptr(caller, ptr: OldDynptrRingbuf, flags: u64) -> () {
        let mut ptr = ptr;
        ptr.release(caller, false, flags);
    }
}

stingless::bpf_call_5! {
    /// Copies `len` bytes from offset `offset` of the view. Returns 0 or a negative errno.
    #[id = 201]
    #[effects(no_trap, no_packet)]
    pub fn bpf_dynptr_read(caller, dst: MemOut, src: Dynptr, offset: u32, flags: u64) -> Errno {
        if flags != 0 {
            return Errno(EINVAL);
        }
        let mut dst = dst;
        let len = dst.len();
        Errno(src.bytes(caller, offset, len as u64).map_or_else(|e| e, |bytes| {
            dst.write(0, &bytes.to_vec());
            0
        }))
    }
}

stingless::bpf_call_5! {
    /// Copies bytes to offset `offset` of the view. Returns 0 or a negative errno.
    #[id = 202]
    #[effects(no_trap, no_packet)]
    pub fn bpf_dynptr_write(caller, dst: DynptrMut, offset: u32, src: Mem, flags: u64) -> Errno {
        let mut dst = dst;
        if flags != 0 && !dst.takes_flags() {
            return Errno(EINVAL);
        }
        Errno(dst.bytes_mut(caller, offset, src.len() as u64).map_or_else(|e| e, |mut bytes| {
            bytes.write(0, &src.to_vec());
            0
        }))
    }
}

stingless::bpf_call_3! {
    /// A pointer to `len` bytes at offset `offset` of the view, to read and write; NULL where they are not all there, may
    /// not be written, or are a packet's.
    #[id = 203]
    #[effects(no_trap)]
    pub fn bpf_dynptr_data(caller, ptr: Dynptr, offset: u32, len: ConstScalar) -> ViewPtr<true, 2> {
        ptr.view(caller, (offset, len.0), false)
    }
}

stingless::bpf_call_3! {
    /// Makes `ptr` a view of the frame. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_from_xdp(caller, xdp_md: CtxArg, flags: u64, ptr: NewDynptrXdp) -> i32 {
        let mut ptr = ptr;
        if flags != 0 { EINVAL as i32 } else { ptr.set(caller, xdp_md) as i32 }
    }
}

stingless::bpf_call_3! {
    /// Makes `ptr` a view of the packet. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_from_skb(caller, skb: CtxArg, flags: u64, ptr: NewDynptrSkb) -> i32 {
        let mut ptr = ptr;
        if flags != 0 { EINVAL as i32 } else { ptr.set(caller, skb) as i32 }
    }
}

stingless::bpf_call_4! {
    /// A pointer to `size` bytes at offset `offset` of the view, to read; NULL where they are not all there. Here they
    /// always lie in one piece: `buffer` is not needed.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_slice(caller, p: Dynptr, offset: u32, buffer: Buffer) -> ViewPtr<false, 3> {
        p.view(caller, (offset, buffer.len()), true)
    }
}

stingless::bpf_call_4! {
    /// The same, to read and write; NULL also where that is not allowed.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_slice_rdwr(caller, p: Dynptr, offset: u32, buffer: Buffer) -> ViewPtr<true, 3> {
        p.view(caller, (offset, buffer.len()), true)
    }
}

stingless::bpf_call_3! {
    /// Narrows the view to its bytes `start..end`. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_adjust(_caller, p: DynptrAdjust, start: u32, end: u32) -> i32 {
        let mut p = p;
        p.adjust(start, end) as i32
    }
}

stingless::bpf_call_1! {
    /// Whether it is a view of nothing.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_is_null(_caller, p: Dynptr) -> bool {
        p.is_null()
    }
}

stingless::bpf_call_1! {
    /// Whether what it is a view of may not be written.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_is_rdonly(_caller, p: Dynptr) -> bool {
        p.is_read_only()
    }
}

stingless::bpf_call_1! {
    /// Bytes of the view, or `-EINVAL` of nothing.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_size(_caller, p: Dynptr) -> u32 {
        p.size().unwrap_or(EINVAL as u32)
    }
}

stingless::bpf_call_2! {
    /// Makes `clone` a view of the same. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_clone(_caller, p: Dynptr, clone: NewDynptrClone) -> i32 {
        let mut clone = clone;
        clone.set(&p) as i32
    }
}

/// What a copy gives: 0 or a negative errno.
fn copied(done: Result<(), i64>) -> i32 {
    done.map_or_else(|errno| errno as i32, |()| 0)
}

stingless::bpf_call_5! {
    /// Copies `size` bytes from one view to another; they may overlap. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_copy(
        caller,
        dst_ptr: DynptrMut,
        dst_off: u32,
        src_ptr: Dynptr,
        src_off: u32,
        size: u32
    ) -> i32 {
        let mut dst = dst_ptr;
        let copy = |dst: &mut DynptrMem<'_>| {
            let from = src_ptr.bytes(caller, src_off, size.into())?.to_vec();
            dst.bytes_mut(caller, dst_off, size.into())?.write(0, &from);
            Ok(())
        };
        copied(copy(&mut dst))
    }
}

stingless::bpf_call_4! {
    /// Sets `size` bytes at offset `offset` of the view to `val`. Returns 0 or a negative errno.
    #[kfunc]
    #[effects(no_trap)]
    pub fn bpf_dynptr_memset(caller, p: DynptrMut, offset: u32, size: u32, val: u8) -> i32 {
        let mut p = p;
        copied(p.bytes_mut(caller, offset, size.into()).map(|mut bytes| bytes.fill(val)))
    }
}
