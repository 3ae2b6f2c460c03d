//! Linux's error numbers, negative as helpers return them.

pub(crate) const EPERM: i64 = -1;
pub(crate) const ENOENT: i64 = -2;
pub(crate) const E2BIG: i64 = -7;
pub(crate) const EAGAIN: i64 = -11;
pub(crate) const ENOMEM: i64 = -12;
pub(crate) const EACCES: i64 = -13;
pub(crate) const EFAULT: i64 = -14;
pub(crate) const ENODEV: i64 = -19;
pub(crate) const EINVAL: i64 = -22;
pub(crate) const ENODATA: i64 = -61;
pub(crate) const ERANGE: i64 = -34;
pub(crate) const EPROTO: i64 = -71;
pub(crate) const EOPNOTSUPP: i64 = -95;
pub(crate) const EAFNOSUPPORT: i64 = -97;
pub(crate) const EALREADY: i64 = -114;
/// Linux's own, beyond those of user space.
pub(crate) const ENOTSUPP: i64 = -524;
