//! The one door to shared ownership, locks and atomics: everything in this crate takes them from here, so that a model
//! checker or another lock needs a change in one file.

pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering, compiler_fence, fence};
pub(crate) use std::sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock};

/// Locks a mutex. A panic of another holder is ignored: what our mutexes guard is valid after every single statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
