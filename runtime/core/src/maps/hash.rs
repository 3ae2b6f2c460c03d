//! The one hash of map keys: keyed, the same for every backing, process and build (other processes that attach to a
//! region, and machine code that looks up inline, compute it too).
//!
//! A key is taken as little-endian 64-bit words, the last one zero-padded; `len` is its size in bytes.
//!
//! ```text
//! fold(a, b) = low 64 bits of a*b  xor  high 64 bits of a*b          (one 64x64 -> 128 multiplication)
//! k0 = seed0 xor A,  k1 = seed1 xor B,  h = k0 xor len * C           (known per map: one constant)
//! for each two words (u, v): h = fold(u xor h, v xor k1)
//! a single last word w:      h = fold(w xor h, k1)
//! finally:                   fold(h xor k0, k1)
//! A = 0x243f_6a88_85a3_08d3  B = 0x1319_8a2e_0370_7345  C = 0x9e37_79b9_7f4a_7c15   (pi; golden ratio)
//! ```
//!
//! One fold less would do for speed, but puts 97 of 8192 keys that step by a power of two into one bucket of 1024.
//!
//! The low bits choose the bucket, the high 32 bits are the fingerprint in the bucket's entry. `seed` is random per
//! map (`getrandom`); `BPF_F_ZERO_SEED` makes it 0. Both factors depend on the seed, so that one who cannot read it
//! cannot aim at a bucket; it does not withstand one who measures enough to learn it, which costs speed only.

const A: u64 = 0x243f_6a88_85a3_08d3;
const B: u64 = 0x1319_8a2e_0370_7345;
const C: u64 = 0x9e37_79b9_7f4a_7c15;

/// A map's hash function: its key, prepared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher {
    start: u64,
    k0: u64,
    k1: u64,
}

#[inline]
const fn fold(a: u64, b: u64) -> u64 {
    let wide = a as u128 * b as u128;
    wide as u64 ^ (wide >> 64) as u64
}

impl Hasher {
    /// The function for keys of `key_size` bytes under `seed`.
    pub(crate) const fn new(seed: [u64; 2], key_size: u32) -> Hasher {
        let k0 = seed[0] ^ A;
        Hasher { start: k0 ^ (key_size as u64).wrapping_mul(C), k0, k1: seed[1] ^ B }
    }

    /// Hash of a key, given as words.
    #[inline]
    pub(crate) fn hash(&self, words: &[u64]) -> u64 {
        let pairs = words.chunks_exact(2);
        let last = pairs.remainder().first().copied();
        let h = pairs.fold(self.start, |h, pair| fold(pair[0] ^ h, pair[1] ^ self.k1));
        let h = last.map_or(h, |word| fold(word ^ h, self.k1));
        fold(h ^ self.k0, self.k1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The format is shared with other processes: these values (computed apart, from the text above) never change.
    #[test]
    fn known_values() {
        let zero = [0, 0];
        assert_eq!(Hasher::new(zero, 4).hash(&[1]), KNOWN[0]);
        assert_eq!(Hasher::new(zero, 8).hash(&[1]), KNOWN[1]);
        assert_eq!(Hasher::new([1, 2], 16).hash(&[3, 4]), KNOWN[2]);
        assert_eq!(Hasher::new([1, 2], 20).hash(&[3, 4, 5]), KNOWN[3]);
    }

    const KNOWN: [u64; 4] =
        [0xc297_d5af_9bde_e526, 0x1145_ba4d_a50b_d461, 0xd31c_502b_8dfc_c335, 0x14ca_e63b_4fd5_8a1d];

    /// Structured keys spread: no bucket of 1024 gets more than 30 of 8192 keys (mean 8).
    #[test]
    fn structured_keys_spread() {
        let keyings: [fn(u64) -> [u64; 2]; 5] =
            [|i| [i, 0], |i| [i << 32, 0], |i| [0, i], |i| [i << 52, i << 10], |i| [i * 4096, i * 4096]];
        for seed in [[0, 0], [0x1234_5678, 99], [u64::MAX, 7]] {
            for (n, make) in keyings.iter().enumerate() {
                for words in [1, 2] {
                    if words == 1 && n >= 2 {
                        continue;
                    }
                    let hasher = Hasher::new(seed, words * 8);
                    let mut low = vec![0u32; 1024];
                    let mut high = vec![0u32; 1024];
                    for i in 0..8192 {
                        let hash = hasher.hash(&make(i)[..words as usize]);
                        low[(hash & 1023) as usize] += 1;
                        high[(hash >> 54) as usize] += 1;
                    }
                    let most = low.iter().chain(&high).max();
                    assert!(most < Some(&31), "seed {seed:x?}, keys {n}, words {words}: {most:?} in one bucket");
                }
            }
        }
    }
}
