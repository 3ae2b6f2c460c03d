//! An example of a helper pack: a shared library whose helpers any host can load at run time.
//!
//! ```text
//! linker.pack("target/debug/libstingless_helpers_pack.so")?;
//! ```

use stingless::{HelperError, HelperResult, Mem};

stingless::helper_pack! {
    /// CRC-32 (IEEE 802.3) of the bytes.
    #[id = 3000]
    fn crc32(data: Mem) -> u32 {
        let mut crc = !0u32;
        for byte in data.to_vec() {
            crc ^= u32::from(byte);
            for _ in 0..8 {
                crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
            }
        }
        !crc
    }

    /// The number of the day since 1970-01-01 of a date; traps when there is no such date.
    #[id = 3001]
    fn day_number(year: u32, month: u32, day: u32) -> HelperResult<u64> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let valid = (1970..=9999).contains(&year) && (1..=12).contains(&month);
        if !valid || day == 0 || day > days[month as usize - 1] {
            return Err(HelperError::new(format!("there is no date {year}-{month}-{day}")));
        }
        let before = u64::from(year - 1);
        let years = u64::from(year - 1970) * 365 + (before / 4 - before / 100 + before / 400) - (1969 / 4 - 1969 / 100 + 1969 / 400);
        let months: u32 = days[..month as usize - 1].iter().sum();
        Ok(years + u64::from(months) + u64::from(day) - 1)
    }
}
