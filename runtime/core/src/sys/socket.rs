//! Sockets as programs see them: structs of plain numbers, laid out as `struct bpf_sock` and `struct bpf_tcp_sock`, that a
//! run holds, or that a context borrows.

use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr::with_exposed_provenance;
use std::sync::Arc;

use stingless_abi::object::{KERNEL_SOCK, SOCK_COMMON, SOCKET, TCP_SOCK};
use stingless_abi::{Arg as ArgRow, ArgKind, RefClass, Ret};

use super::args::{Arg, Scope};
use crate::Caller;
use crate::helper::{HelperResult, IntoRet};
use crate::vm::Release;

/// `struct bpf_sock`: what a program may read of a socket. Addresses and `dst_port` are in network byte order.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Linux's")]
pub struct SocketFields {
    pub bound_dev_if: u32,
    pub family: u32,
    pub kind: u32,
    pub protocol: u32,
    pub mark: u32,
    pub priority: u32,
    pub src_ip4: u32,
    pub src_ip6: [u32; 4],
    pub src_port: u32,
    pub dst_port: u16,
    pub zero: u16,
    pub dst_ip4: u32,
    pub dst_ip6: [u32; 4],
    pub state: u32,
    pub rx_queue_mapping: u32,
}

/// `struct bpf_tcp_sock`: what a program may read of a TCP socket.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are Linux's")]
pub struct TcpFields {
    pub snd_cwnd: u32,
    pub srtt_us: u32,
    pub rtt_min: u32,
    pub snd_ssthresh: u32,
    pub rcv_nxt: u32,
    pub snd_nxt: u32,
    pub snd_una: u32,
    pub mss_cache: u32,
    pub ecn_flags: u32,
    pub rate_delivered: u32,
    pub rate_interval_us: u32,
    pub packets_out: u32,
    pub retrans_out: u32,
    pub total_retrans: u32,
    pub segs_in: u32,
    pub data_segs_in: u32,
    pub segs_out: u32,
    pub data_segs_out: u32,
    pub lost_out: u32,
    pub sacked_out: u32,
    pub bytes_received: u64,
    pub bytes_acked: u64,
    pub dsack_dups: u32,
    pub delivered: u32,
    pub delivered_ce: u32,
    pub icsk_retransmits: u32,
}

/// A socket of the host, as it was when a program came by it.
#[repr(C)]
#[derive(Clone, Debug, Default)]
pub struct SocketInfo {
    /// What every program may see. At the start: programs' pointers to a socket point here.
    pub sock: SocketFields,
    /// What is known of a TCP socket; used where the protocol is TCP's and the socket is full.
    pub tcp: TcpFields,
    /// The number by which the host knows it again, in maps of sockets and for values of sockets
    /// (`BPF_MAP_TYPE_SK_STORAGE`): 0 for a socket that has none.
    pub id: u32,
    /// It is still in its handshake, or already past its end: no full socket.
    pub partial: bool,
    /// The socket that listens for one that is in its handshake.
    pub listener: Option<Arc<SocketInfo>>,
}

const _: () =
    assert!(offset_of!(SocketInfo, sock) == 0 && size_of::<SocketFields>() == 80 && size_of::<TcpFields>() == 112);
const _: () = assert!(offset_of!(SocketFields, state) == 72 && offset_of!(SocketFields, dst_port) == 48);
const _: () = assert!(offset_of!(TcpFields, bytes_received) == 80 && offset_of!(TcpFields, icsk_retransmits) == 108);

const TCP: u32 = 6;
const LISTEN: u32 = 10;
/// The most that a run may hold before it gets no more listeners.
const KEPT: usize = 1000;

impl SocketInfo {
    fn addr(&self) -> u64 {
        std::ptr::from_ref(self).expose_provenance() as u64
    }
}

/// A context's socket, or none.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct SocketField<'a>(u64, PhantomData<&'a SocketInfo>);

impl<'a> SocketField<'a> {
    /// There is none.
    pub const NONE: SocketField<'static> = SocketField(0, PhantomData);

    /// Programs may look into this one.
    #[must_use]
    pub fn new(socket: &'a SocketInfo) -> SocketField<'a> {
        SocketField(socket.addr(), PhantomData)
    }
}

/// A context's field that is a pointer to an object of the host, or NULL: 8 bytes.
///
/// # Safety
/// The field's bytes are 0 or the address of memory of the class's layout that is there as long as the context.
pub unsafe trait ObjectPointer {
    /// The object's class.
    const CLASS: u32;
}

// SAFETY: `new` takes the address of a `SocketInfo` that is borrowed for the context's life; `SocketFields` is at its start.
unsafe impl ObjectPointer for SocketField<'_> {
    const CLASS: u32 = SOCK_COMMON;
}

/// A socket that a run holds.
struct Loan {
    _socket: Box<SocketInfo>,
}

impl Release for Loan {
    fn release(&self, _: u64) {}
}

/// The pointer to a socket of class `CLASS` that the program must release, or NULL.
#[derive(Clone, Copy, Debug)]
pub struct HeldSocket<const CLASS: u32>(u64);

/// A full socket that the program must release, or NULL.
pub type SocketPtr = HeldSocket<SOCKET>;
/// A socket of any state that the program must release, or NULL.
pub type SocketCommonPtr = HeldSocket<SOCK_COMMON>;

impl<const CLASS: u32> HeldSocket<CLASS> {
    /// There is none.
    pub const NULL: HeldSocket<CLASS> = HeldSocket(0);

    pub(super) fn addr(self) -> u64 {
        self.0
    }

    /// The run holds this socket until the program releases it; NULL where it is not full, but `CLASS` is.
    pub fn hold(caller: &mut Caller<'_>, socket: SocketInfo) -> HeldSocket<CLASS> {
        if socket.partial && CLASS != SOCK_COMMON {
            return HeldSocket::NULL;
        }
        let socket = Box::new(socket);
        let addr = socket.addr();
        caller.cx().hold(addr, Arc::new(Loan { _socket: socket }));
        HeldSocket(addr)
    }
}

impl<const CLASS: u32> IntoRet for HeldSocket<CLASS> {
    const RET: Ret = {
        assert!(CLASS == SOCKET || CLASS == SOCK_COMMON);
        Ret::AcquiredOrNull { class: RefClass::Host(CLASS), size_arg: None }
    };
    const C_TYPE: &'static str = "struct bpf_sock *";

    fn into_ret(self) -> HelperResult {
        Ok(self.0)
    }
}

/// The pointer to another view of a socket argument (`SAME`), or to a socket that the run keeps to its end; or NULL.
#[derive(Clone, Copy, Debug)]
pub struct PartOfSocket<const CLASS: u32, const SAME: bool>(u64);

/// The full socket that the argument is.
pub type FullSocketPtr = PartOfSocket<SOCKET, true>;
/// The TCP socket that the argument is.
pub type TcpSocketPtr = PartOfSocket<TCP_SOCK, true>;
/// The argument as the kernel's own types know it.
pub type KernelSocketPtr = PartOfSocket<KERNEL_SOCK, true>;
/// The socket that listens for the argument.
pub type ListenerPtr = PartOfSocket<SOCKET, false>;

impl<const CLASS: u32, const SAME: bool> IntoRet for PartOfSocket<CLASS, SAME> {
    const RET: Ret = Ret::HostOrNull { class: CLASS, same: SAME };
    const C_TYPE: &'static str = if CLASS == TCP_SOCK { "struct bpf_tcp_sock *" } else { "struct bpf_sock *" };

    fn into_ret(self) -> HelperResult {
        Ok(self.0)
    }
}

/// A socket that the program has: held, or the context's.
#[derive(Clone, Copy, Debug)]
pub struct AnySocket<'c> {
    info: &'c SocketInfo,
}

// SAFETY: one register, declared as an object of this class. Pointers of the class, and of the one that it takes, come from
// `SocketField`, `HeldSocket` and `PartOfSocket` alone (`Lent` refuses these numbers), which are made here of addresses of
// `SocketInfo`s; the verifier proves that the pointer is not NULL and that what it belongs to is still held or borrowed.
unsafe impl<'c> Arg<'c> for AnySocket<'c> {
    const REGS: usize = 1;

    fn describe(name: &'static str, out: &mut Vec<ArgRow>) {
        let kind = ArgKind::HostObject(SOCK_COMMON);
        out.push(ArgRow { name: name.into(), c_type: "void *".into(), kind });
    }

    unsafe fn take(_: &'c Scope, regs: &[u64; 5], at: usize) -> Self {
        // SAFETY: see the impl.
        unsafe { AnySocket::at(regs[at]) }
    }
}

impl<'c> AnySocket<'c> {
    /// # Safety
    /// The address is that of a `SocketInfo` which is there for all of `'c`.
    pub(super) unsafe fn at(addr: u64) -> AnySocket<'c> {
        let info: *const SocketInfo = with_exposed_provenance(addr as usize);
        // SAFETY: passed on to the caller. Nobody changes a socket that programs see.
        AnySocket { info: unsafe { &*info } }
    }

    /// What is known of it.
    #[must_use]
    pub fn info(self) -> &'c SocketInfo {
        self.info
    }

    /// It as a full socket; NULL if it is none.
    #[must_use]
    pub fn full(self) -> FullSocketPtr {
        PartOfSocket(if self.info.partial { 0 } else { self.info.addr() })
    }

    /// It as a TCP socket; NULL if it is none, or not full.
    #[must_use]
    pub fn tcp(self) -> TcpSocketPtr {
        let is_tcp = !self.info.partial && self.info.sock.protocol == TCP;
        PartOfSocket(if is_tcp { std::ptr::from_ref(&self.info.tcp).expose_provenance() as u64 } else { 0 })
    }

    /// It as one of the kernel's own types where `is` says so, else NULL.
    #[must_use]
    pub fn kernel(self, is: bool) -> KernelSocketPtr {
        PartOfSocket(if is { self.info.addr() } else { 0 })
    }

    /// The socket that listens: for this one, or this one itself. The run keeps it to its end; NULL if there is none, or the
    /// run keeps a thousand things already.
    pub fn listener(self, caller: &mut Caller<'_>) -> ListenerPtr {
        let listener = if self.info.partial { self.info.listener.as_deref() } else { Some(self.info) };
        let Some(listener) = listener.filter(|l| !l.partial && l.sock.state == LISTEN) else { return PartOfSocket(0) };
        if caller.cx().holds() >= KEPT {
            return PartOfSocket(0);
        }
        let socket = Box::new(listener.clone());
        let addr = socket.addr();
        caller.cx().hold(addr, Arc::new(Loan { _socket: socket }));
        PartOfSocket(addr)
    }
}
