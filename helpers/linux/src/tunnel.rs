//! What a tunnel's device says of a packet, and what it is told.

use stingless::{CtxArg, NonEmpty, NonEmptyOut};

use crate::errno::{EINVAL, ENOENT, ENOMEM, EPROTO};
use crate::skb::edit;

/// Bytes of `struct bpf_tunnel_key`, and shorter forms that older programs use.
const KEY: usize = 44;
const SHORTER: [usize; 4] = [8, 24, 26, 28];
/// Most bytes of a tunnel's options.
const OPTIONS: usize = 255;
/// Where the remote address ends for IPv4, and what must be 0 behind it.
const LABEL: std::ops::Range<usize> = 24..28;

/// Flags of the helpers: the key is IPv6's; the others say what the packet's outer header has.
const IPV6: u64 = 1;
const FLAGS_EXT: u64 = 1 << 4;
const SET_FLAGS: u64 = 0x1f;

stingless::bpf_call_4! {
    /// Copies the tunnel's key that the packet came with. Returns 0, `-EINVAL` or `-EPROTO`, both with zeroes: wrong flags
    /// or length, or IPv4 and IPv6 mixed up.
    #[id = 20]
    #[effects(no_trap)]
    pub fn bpf_skb_get_tunnel_key(caller, skb: CtxArg, key: NonEmptyOut, flags: u64) -> i64 {
        let mut key = key;
        let len = key.len();
        let mut found = None;
        let done = edit(caller, skb, |skb| {
            let Some(tunnel) = &skb.tunnel else { return EINVAL };
            if flags & !(IPV6 | FLAGS_EXT) != 0 {
                return EINVAL;
            }
            if tunnel.ipv6 != (flags & IPV6 != 0) {
                return EPROTO;
            }
            if len != KEY && !SHORTER.contains(&len) {
                return EINVAL;
            }
            found = Some(tunnel.key);
            0
        });
        if let Some(bytes) = found {
            key.write(0, &bytes[..len]);
        }
        done
    }
}

stingless::bpf_call_4! {
    /// Says with which key a tunnel's device is to send the packet. Returns 0 or `-EINVAL`.
    #[id = 21]
    #[effects(no_trap)]
    pub fn bpf_skb_set_tunnel_key(caller, skb: CtxArg, key: NonEmpty, flags: u64) -> i64 {
        let bytes = key.to_vec();
        let whole = bytes.len() == KEY || SHORTER.contains(&bytes.len());
        if flags & !SET_FLAGS != 0 || !whole {
            return EINVAL;
        }
        let mut full = [0; KEY];
        full[..bytes.len()].copy_from_slice(&bytes);
        let ipv6 = flags & IPV6 != 0;
        if !ipv6 && full[LABEL].iter().any(|&b| b != 0) {
            return EINVAL;
        }
        edit(caller, skb, |skb| {
            skb.tunnel = Some(crate::hooks::Tunnel { key: full, ipv6, options: Vec::new() });
            0
        })
    }
}

stingless::bpf_call_3! {
    /// Copies the tunnel's options that the packet came with. Returns their length, `-ENOENT` for none, or `-ENOMEM` where
    /// they do not fit: zeroes, in both.
    #[id = 29]
    #[effects(no_trap)]
    pub fn bpf_skb_get_tunnel_opt(caller, skb: CtxArg, opt: NonEmptyOut) -> i64 {
        let mut opt = opt;
        let mut options = Vec::new();
        let done = edit(caller, skb, |skb| match &skb.tunnel {
            Some(tunnel) if !tunnel.options.is_empty() => {
                options.clone_from(&tunnel.options);
                0
            }
            Some(_) | None => ENOENT,
        });
        if done != 0 {
            return done;
        }
        if options.len() > opt.len() {
            return ENOMEM;
        }
        opt.write(0, &options);
        options.len() as i64
    }
}

stingless::bpf_call_3! {
    /// Says with which options a tunnel's device is to send the packet, whose key was set before: a multiple of 4 bytes, at
    /// most 255. Returns 0, `-EINVAL` or `-ENOMEM`.
    #[id = 30]
    #[effects(no_trap)]
    pub fn bpf_skb_set_tunnel_opt(caller, skb: CtxArg, opt: NonEmpty) -> i64 {
        let bytes = opt.to_vec();
        edit(caller, skb, |skb| {
            let Some(tunnel) = &mut skb.tunnel else { return EINVAL };
            if !bytes.len().is_multiple_of(4) {
                return EINVAL;
            }
            if bytes.len() > OPTIONS {
                return ENOMEM;
            }
            tunnel.options = bytes;
            0
        })
    }
}
