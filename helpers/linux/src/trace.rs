//! `bpf_trace_printk`: a line for the host.

use stingless::{CountOrErrno, NonEmpty, Optional};

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

const EINVAL: i64 = -22;

/// Formats as Linux's `bpf_trace_printk` does: `%d %i %u %x %lld %llu %llx %lu %ld %lx %c %p %%`, at most three values.
fn format(text: &[u8], values: &[u64]) -> Result<String, i64> {
    let text = text.split(|&b| b == 0).next().unwrap_or_default();
    let mut out = Vec::with_capacity(text.len() + 16);
    let mut values = values.iter().copied();
    let mut at = 0;
    while at < text.len() {
        let byte = text[at];
        at += 1;
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let longs = text[at..].iter().take_while(|&&b| b == b'l').count();
        at += longs;
        let conversion = *text.get(at).ok_or(EINVAL)?;
        at += 1;
        if conversion == b'%' && longs == 0 {
            out.push(b'%');
            continue;
        }
        let value = values.next().ok_or(EINVAL)?;
        out.extend(convert(conversion, longs, value)?.bytes());
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn convert(conversion: u8, longs: usize, value: u64) -> Result<String, i64> {
    Ok(match (conversion, longs) {
        (b'd' | b'i', 0) => (value as i32).to_string(),
        (b'd' | b'i', 1 | 2) => (value as i64).to_string(),
        (b'u', 0) => (value as u32).to_string(),
        (b'u', 1 | 2) => value.to_string(),
        (b'x', 0) => format!("{:x}", value as u32),
        (b'x', 1 | 2) => format!("{value:x}"),
        (b'c', 0) => ((value as u8) as char).to_string(),
        // Numbers never become addresses of the host in text.
        (b'p', 0) => "(ptrval)".to_owned(),
        _ => return Err(EINVAL),
    })
}

stingless::bpf_call_5! {
    /// Writes a line for the host, formatted with up to three numbers. Returns its length or a negative errno.
    #[id = 6]
    #[effects(no_packet, gpl_only)]
    pub fn bpf_trace_printk(caller, fmt: NonEmpty, a1: Optional, a2: Optional, a3: Optional) -> CountOrErrno {
        match format(&fmt.to_vec(), &[a1.0, a2.0, a3.0]) {
            Ok(line) => {
                if let Some(trace) = caller.try_host::<Trace>() {
                    (trace.0)(line.trim_end_matches('\n'));
                }
                CountOrErrno(line.len() as i64)
            }
            Err(errno) => CountOrErrno(errno),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions_are_those_of_linux() {
        assert_eq!(format(b"a=%d b=%x\n\0junk", &[u64::MAX, 255]).as_deref(), Ok("a=-1 b=ff\n"));
        assert_eq!(format(b"%lld %llu%%", &[u64::MAX, 7]).as_deref(), Ok("-1 7%"));
        assert_eq!(format(b"%s", &[0]), Err(EINVAL), "strings are not followed");
        assert_eq!(format(b"%d%d%d%d", &[1, 2, 3]), Err(EINVAL));
        assert_eq!(format(b"%", &[1]), Err(EINVAL));
    }
}
