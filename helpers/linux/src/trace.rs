//! Lines for the host, and text for programs.

use stingless::{ConstStr, CountOrErrno, MemOrNull, MemOutOrNull, NonEmpty, Optional};

use crate::errno::{EINVAL, ENOENT};
use crate::format::{MAX_VALUES, format};

/// Where the host wants plugins' lines: give it to [`Linker::host`](stingless::Linker::host). Without one they are dropped.
pub struct Trace(Box<dyn Fn(&str) + Send + Sync>);

impl Trace {
    /// Lines go to this function, without a line feed.
    #[must_use]
    pub fn new(sink: impl Fn(&str) + Send + Sync + 'static) -> Trace {
        Trace(Box::new(sink))
    }
}

impl std::fmt::Debug for Trace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trace")
    }
}

/// Prints what a format makes; its length, or a negative errno.
fn print(caller: &stingless::Caller<'_>, text: &[u8], values: &[u64]) -> CountOrErrno {
    match format(text, values) {
        Ok(line) => {
            if let Some(trace) = caller.try_host::<Trace>() {
                (trace.0)(String::from_utf8_lossy(&line).trim_end_matches('\n'));
            }
            CountOrErrno(line.len() as i64)
        }
        Err(errno) => CountOrErrno(errno),
    }
}

/// The values of an array of 64-bit numbers.
fn values(data: &MemOrNull<'_>) -> Option<Vec<u64>> {
    let fits = data.len().is_multiple_of(8) && data.len() <= MAX_VALUES * 8;
    fits.then(|| (0..data.len()).step_by(8).filter_map(|at| data.get::<u64>(at)).collect())
}

stingless::bpf_call_5! {
    /// Writes a line for the host, formatted with up to three numbers. Returns its length or a negative errno.
    #[id = 6]
    #[effects(no_packet, gpl_only)]
    pub fn bpf_trace_printk(caller, fmt: NonEmpty, a1: Optional, a2: Optional, a3: Optional) -> CountOrErrno {
        print(caller, &fmt.to_vec(), &[a1.0, a2.0, a3.0])
    }
}

stingless::bpf_call_4! {
    /// As `bpf_trace_printk`, with up to twelve numbers in an array.
    #[id = 177]
    #[effects(gpl_only)]
    pub fn bpf_trace_vprintk(caller, fmt: NonEmpty, data: MemOrNull) -> CountOrErrno {
        match values(&data) {
            Some(values) => print(caller, &fmt.to_vec(), &values),
            None => CountOrErrno(EINVAL),
        }
    }
}

stingless::bpf_call_5! {
    /// Writes text, formatted with up to twelve numbers in an array, to `str`: as much as fits, NUL-terminated. Returns the
    /// whole text's length with its NUL, or `-EINVAL`.
    #[id = 165]
    #[effects(no_trap, gpl_only)]
    pub fn bpf_snprintf(_caller, str: MemOutOrNull, fmt: ConstStr, data: MemOrNull) -> CountOrErrno {
        let mut str = str;
        let mut text = fmt.to_vec();
        text.push(0);
        let Some(mut line) = values(&data).and_then(|values| format(&text, &values).ok()) else {
            return CountOrErrno(EINVAL);
        };
        line.push(0);
        let fits = line.len().min(str.len());
        if fits > 0 {
            str.write(0, &line[..fits]);
            // Where it does not fit, the NUL takes the last byte.
            str.write(fits - 1, &[0]);
        }
        CountOrErrno(line.len() as i64)
    }
}

/// A program's own streams (`enum bpf_stream_id`).
const STREAMS: std::ops::RangeInclusive<i32> = 1..=2;

stingless::bpf_call_5! {
    /// Writes text for whoever reads the program's output (1) or errors (2), formatted with up to twelve numbers in an
    /// array: the host gets it as it gets lines. Returns 0, `-ENOENT` for another stream, or `-EINVAL`.
    #[kfunc]
    #[effects(gpl_only)]
    pub fn bpf_stream_vprintk_impl(caller, stream_id: i32, fmt: ConstStr, args: MemOrNull, _aux: Optional) -> i32 {
        if !STREAMS.contains(&stream_id) {
            return ENOENT as i32;
        }
        let mut text = fmt.to_vec();
        text.push(0);
        match values(&args).map(|values| print(caller, &text, &values)) {
            Some(CountOrErrno(0..)) => 0,
            Some(CountOrErrno(errno)) => errno as i32,
            None => EINVAL as i32,
        }
    }
}
