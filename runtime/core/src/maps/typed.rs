//! Maps with keys and values as Rust numbers.

use std::fmt;
use std::marker::PhantomData;

use stingless_abi::map::BPF_ANY;

use super::{Map, MapError};

mod sealed {
    pub trait Sealed {}
}

/// Numbers and arrays of numbers: every bit pattern is a value, and there is no padding.
pub trait Plain: sealed::Sealed + Copy {
    /// Bytes.
    const BYTES: usize;

    /// Reads a value of [`Plain::BYTES`] bytes, in the machine's order; missing bytes are 0.
    #[must_use]
    fn from_bytes(bytes: &[u8]) -> Self;

    /// Appends the value's bytes, in the machine's order.
    fn append_to(&self, bytes: &mut Vec<u8>);
}

macro_rules! plain_numbers {
    ($($ty:ty),*) => {
        $(
            impl sealed::Sealed for $ty {}
            impl Plain for $ty {
                const BYTES: usize = size_of::<$ty>();

                fn from_bytes(bytes: &[u8]) -> Self {
                    let mut raw = [0; size_of::<$ty>()];
                    raw.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                    <$ty>::from_ne_bytes(raw)
                }

                fn append_to(&self, bytes: &mut Vec<u8>) {
                    bytes.extend_from_slice(&self.to_ne_bytes());
                }
            }
        )*
    };
}

plain_numbers!(u8, u16, u32, u64, u128, i8, i16, i32, i64, i128);

impl<T: Plain, const N: usize> sealed::Sealed for [T; N] {}
impl<T: Plain, const N: usize> Plain for [T; N] {
    const BYTES: usize = T::BYTES * N;

    fn from_bytes(bytes: &[u8]) -> Self {
        std::array::from_fn(|i| T::from_bytes(bytes.get(i * T::BYTES..).unwrap_or_default()))
    }

    fn append_to(&self, bytes: &mut Vec<u8>) {
        self.iter().for_each(|item| item.append_to(bytes));
    }
}

/// A map seen through types; see [`Map::typed`].
pub struct TypedMap<K, V> {
    map: Map,
    types: PhantomData<fn(K) -> V>,
}

impl<K: Plain, V: Plain> TypedMap<K, V> {
    pub(super) fn new(map: &Map) -> Result<TypedMap<K, V>, MapError> {
        let size = |what, found, want| {
            if found == want { Ok(()) } else { Err(MapError::Size { map: map.core().name.clone(), what, found, want }) }
        };
        size("key", K::BYTES, map.spec().key_size as usize)?;
        size("value", V::BYTES, map.host_value_size())?;
        Ok(TypedMap { map: map.clone(), types: PhantomData })
    }

    /// The map itself.
    #[must_use]
    pub fn map(&self) -> &Map {
        &self.map
    }

    /// The value of a key; `None` also when the map is write-only.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<V> {
        self.map.lookup(&bytes(key)).ok().flatten().map(|value| V::from_bytes(&value))
    }

    /// Creates or replaces an element.
    ///
    /// # Errors
    /// As [`Map::update`].
    pub fn insert(&self, key: K, value: V) -> Result<(), MapError> {
        self.map.update(&bytes(&key), &bytes(&value), BPF_ANY)
    }

    /// Deletes an element; whether there was one.
    ///
    /// # Errors
    /// As [`Map::delete`], but for a missing element.
    pub fn remove(&self, key: &K) -> Result<bool, MapError> {
        match self.map.delete(&bytes(key)) {
            Ok(()) => Ok(true),
            Err(MapError::NotFound { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Keys and values, as [`Map::iter`].
    ///
    /// # Errors
    /// [`MapError::Denied`].
    pub fn iter(&self) -> Result<impl Iterator<Item = (K, V)> + '_, MapError> {
        Ok(self.map.iter()?.map(|(key, value)| (K::from_bytes(&key), V::from_bytes(&value))))
    }
}

impl<K, V> Clone for TypedMap<K, V> {
    fn clone(&self) -> Self {
        TypedMap { map: self.map.clone(), types: PhantomData }
    }
}

impl<K, V> fmt::Debug for TypedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.map.fmt(f)
    }
}

fn bytes<T: Plain>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(T::BYTES);
    value.append_to(&mut bytes);
    bytes
}
