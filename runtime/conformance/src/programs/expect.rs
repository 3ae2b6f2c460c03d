//! What a program of the corpus says of itself, in `//` lines at its top.
//!
//! ```text
//! // hook: xdp                                the hook it runs at
//! // program: entry                           which one, where the object has several of the hook
//! // init hits: 9/4=1/8                       elements from the start: KEY=VALUE
//! // push requests: 1/8, ~2/8                  samples of a user ring buffer from the start; `~`: discarded
//! // global limit: 3/4                        a variable the host sets before the load
//! // run: data=inc64 ctx=mark:7 -> 2 out=inc64 ctx=mark:8
//! // map hits: 7/4=2/8                        all elements afterwards
//! // ring events: 1/8, 3/8                    all records afterwards
//! // trace: len 64                            a line of bpf_trace_printk
//! // reject: null                             refused, with this class, at the line that says REJECT (`null *`: at any)
//! // error: no hook takes                    the object does not load, and the error says this
//! // kernel: no, why                          not compared with the live kernel
//! // kernel: accepts, why                     the live kernel with all capabilities accepts what we refuse
//! // verdict: accepted                         it loads, and nothing more is said
//! // but: ok root: beyond, why                 a judge says otherwise (`oracle::Known`); in `apps/` alone
//! ```
//!
//! Sources in `apps/` have several programs, each with lines of its own above it, of which one is `program:`.
//!
//! Elements are `KEY=VALUE`, separated by commas, or by blanks where each is one word; for global variables the value alone.
//! Bytes are hex pairs, `N/SIZE` (a little-endian number) or `incN` (N bytes 0, 1, 2 ..), one after the other.

use crate::oracle::Known;

/// An element: key, value.
pub type Element = (Vec<u8>, Vec<u8>);

/// A sample of a user ring buffer, and whether it is submitted.
pub type Sample = (Vec<u8>, bool);

/// What a program says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Name of the hook.
    pub hook: String,
    /// The program; `None`: the only one.
    pub program: Option<String>,
    /// Runs, in order, on one set of maps.
    pub runs: Vec<Run>,
    /// Elements from the start, by map.
    pub init: Vec<(String, Vec<Element>)>,
    /// Samples from the start, by user ring buffer.
    pub pushes: Vec<(String, Vec<Sample>)>,
    /// Variables set before the load.
    pub globals: Vec<(String, Vec<u8>)>,
    /// Elements afterwards, by map.
    pub maps: Vec<(String, Vec<Element>)>,
    /// Records afterwards, by ring.
    pub rings: Vec<(String, Vec<Vec<u8>>)>,
    /// Lines printed.
    pub trace: Vec<String>,
    /// It is refused.
    pub reject: Option<Reject>,
    /// The object does not load, and the error says this.
    pub error: Option<String>,
    /// What the live kernel makes of it.
    pub kernel: Kernel,
    /// It loads; nothing is said of values.
    pub loads: bool,
    /// Judges that say otherwise.
    pub known: Vec<Known>,
}

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// The packet, text or memory.
    pub data: Vec<u8>,
    /// Fields of the context, by name.
    pub ctx: Vec<(String, u64)>,
    /// `r0`: 64 bits for `raw`, the low 32 elsewhere.
    pub r0: u64,
    /// The data afterwards, where it is said.
    pub out: Option<Vec<u8>>,
    /// Fields of the context afterwards.
    pub ctx_out: Vec<(String, u64)>,
}

/// A result that is not said yet.
pub const UNSAID: u64 = 0x5a1d_0000_dead_0000;

/// A rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// The class.
    pub class: String,
    /// The line that says `REJECT`; `None` where the report may be at any.
    pub line: Option<u32>,
}

/// What is expected of the live kernel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kernel {
    /// The same as of our engines.
    #[default]
    Same,
    /// It is not asked.
    No,
    /// With all capabilities it accepts what we refuse; without `CAP_PERFMON` it refuses it too.
    Accepts,
}

/// Reads bytes.
///
/// # Errors
/// The word that is none.
pub fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    for word in text.split_whitespace() {
        let bad = || format!("`{word}` are no bytes");
        if let Some(n) = word.strip_prefix("inc") {
            out.extend((0..n.parse::<u32>().map_err(|_| bad())?).map(|i| i as u8));
        } else if let Some((n, size)) = word.split_once('/') {
            let size: usize = size.parse().map_err(|_| bad())?;
            out.extend(number(n)?.to_le_bytes().get(..size).ok_or_else(bad)?);
        } else if word.is_ascii() && word.len().is_multiple_of(2) {
            let pair = |i| u8::from_str_radix(&word[i..i + 2], 16).map_err(|_| bad());
            out.extend((0..word.len()).step_by(2).map(pair).collect::<Result<Vec<u8>, String>>()?);
        } else {
            return Err(bad());
        }
    }
    Ok(out)
}

/// Reads a number: decimal, `0x`, negative.
fn number(text: &str) -> Result<u64, String> {
    let text = text.trim().replace('_', "");
    let (minus, digits) = text.strip_prefix('-').map_or((false, text.as_str()), |d| (true, d));
    let n = digits.strip_prefix("0x").map_or_else(|| digits.parse(), |hex| u64::from_str_radix(hex, 16));
    let n = n.map_err(|_| format!("`{text}` is no number"))?;
    Ok(if minus { n.wrapping_neg() } else { n })
}

/// Reads `name:number,..`.
fn fields(text: &str) -> Result<Vec<(String, u64)>, String> {
    let field = |f: &str| {
        let (name, value) = f.split_once(':').ok_or_else(|| format!("`{f}` is no field"))?;
        Ok((name.trim().to_owned(), number(value)?))
    };
    text.split(',').filter(|f| !f.trim().is_empty()).map(field).collect()
}

/// Reads elements: keys and values are separated by `=`; bytes without a key are those of global variables.
fn elements(text: &str) -> Result<Vec<Element>, String> {
    if !text.contains('=') {
        return Ok(vec![(vec![0; 4], bytes(text)?)]);
    }
    let text = text.replace(',', " , ");
    let mut out = Vec::new();
    // Elements are separated by a comma, or by a blank where each is one word.
    let simple = !text.contains(',') && text.split_whitespace().all(|w| w.contains('='));
    let parts: Vec<&str> = if simple { text.split_whitespace().collect() } else { text.split(" , ").collect() };
    for part in parts {
        let (key, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is no element"))?;
        out.push((bytes(key)?, bytes(value)?));
    }
    out.sort();
    Ok(out)
}

/// The parts of `key=.. key=..` with one of these keys, in any order.
fn part<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let start = text.find(key)? + key.len();
    let rest = &text[start..];
    let ends = ["data=", "out=", "ctx="].iter().filter_map(|k| rest.find(k));
    Some(rest[..ends.min().unwrap_or(rest.len())].trim())
}

/// Reads a sample.
fn sample(text: &str) -> Result<Sample, String> {
    match text.trim().strip_prefix('~') {
        Some(discarded) => Ok((bytes(discarded)?, false)),
        None => Ok((bytes(text)?, true)),
    }
}

fn run(text: &str) -> Result<Run, String> {
    let (given, wanted) = text.split_once("->").ok_or("a run without `->`")?;
    let wanted = wanted.trim();
    Ok(Run {
        data: bytes(part(given, "data=").unwrap_or_default())?,
        ctx: fields(part(given, "ctx=").unwrap_or_default())?,
        r0: match wanted.split_whitespace().next().unwrap_or_default() {
            // Not said yet: `STINGLESS_FILL=1 cargo test --test apps` prints what the live kernel gives.
            "?" => UNSAID,
            word => number(word)?,
        },
        out: part(wanted, "out=").map(bytes).transpose()?,
        ctx_out: fields(part(wanted, "ctx=").unwrap_or_default())?,
    })
}

impl Expect {
    /// Reads a source.
    ///
    /// # Errors
    /// The line that says nothing, in words.
    pub fn parse(source: &str) -> Result<Expect, String> {
        let mut expect = Expect::default();
        for (line, at) in source.lines().zip(1u32..) {
            let Some(text) = line.strip_prefix("//") else { break };
            let Some((key, value)) = text.trim().split_once(':') else { continue };
            expect.line(key.trim(), value.trim(), source).map_err(|err| format!("line {at}: {err}"))?;
        }
        expect.complete()
    }

    fn complete(self) -> Result<Expect, String> {
        let says = [!self.runs.is_empty(), self.reject.is_some(), self.error.is_some(), self.loads];
        if self.hook.is_empty() || says.iter().filter(|&&s| s).count() != 1 {
            return Err("no hook, or not exactly one of runs, a rejection, a verdict and an error".into());
        }
        Ok(self)
    }

    /// Reads a source of several programs.
    ///
    /// # Errors
    /// As [`Expect::parse`].
    pub fn parse_each(source: &str) -> Result<Vec<Expect>, String> {
        let (mut out, mut head, mut block) = (Vec::new(), Expect::default(), None::<Expect>);
        for (line, at) in source.lines().chain([""]).zip(1u32..) {
            let Some(text) = line.strip_prefix("//") else {
                match block.take() {
                    Some(done) if done.program.is_some() => {
                        let name = done.program.clone().unwrap_or_default();
                        out.push(done.complete().map_err(|err| format!("`{name}`: {err}"))?);
                    }
                    Some(done) if out.is_empty() => head = done,
                    Some(_) | None => {}
                }
                continue;
            };
            let block = block.get_or_insert_with(|| head.clone());
            let Some((key, value)) = text.trim().split_once(':') else { continue };
            block.line(key.trim(), value.trim(), source).map_err(|err| format!("line {at}: {err}"))?;
        }
        Ok(out)
    }

    fn line(&mut self, key: &str, value: &str, source: &str) -> Result<(), String> {
        let named = |kind: &str| key.strip_prefix(kind).map(|n| n.trim().to_owned());
        match key {
            "hook" => self.hook = value.to_owned(),
            "program" => self.program = Some(value.to_owned()),
            "run" => self.runs.push(run(value)?),
            "trace" => self.trace.push(value.to_owned()),
            "verdict" if value == "accepted" => self.loads = true,
            "but" => self.known.push(Known::parse(value)?),
            "error" => self.error = Some(value.to_owned()),
            "reject" => self.reject = Some(reject(value, source)?),
            "kernel" if value.starts_with("no,") => self.kernel = Kernel::No,
            "kernel" if value.starts_with("accepts,") => self.kernel = Kernel::Accepts,
            "kernel" => return Err("`kernel` is neither `no, why` nor `accepts, why`".into()),
            _ => {
                if let Some(name) = named("init ") {
                    self.init.push((name, elements(value)?));
                } else if let Some(name) = named("push ") {
                    self.pushes.push((name, value.split(',').map(sample).collect::<Result<_, _>>()?));
                } else if let Some(name) = named("map ") {
                    self.maps.push((name, elements(value)?));
                } else if let Some(name) = named("global ") {
                    self.globals.push((name, bytes(value)?));
                } else if let Some(name) = named("ring ") {
                    self.rings.push((name, value.split(',').map(bytes).collect::<Result<_, _>>()?));
                }
                // Anything else is prose.
            }
        }
        Ok(())
    }
}

fn reject(value: &str, source: &str) -> Result<Reject, String> {
    let mut words = value.split_whitespace();
    let class = words.next().ok_or("a rejection without a class")?.to_owned();
    if words.next() == Some("*") {
        return Ok(Reject { class, line: None });
    }
    let marked: Vec<u32> =
        source.lines().zip(1..).filter(|(l, _)| l.contains("/* REJECT */")).map(|(_, n)| n).collect();
    match marked[..] {
        [line] => Ok(Reject { class, line: Some(line) }),
        _ => Err(format!("{} lines say REJECT, one must, or the class is followed by `*`", marked.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_read() {
        let source = "// A test: of this.\n// hook: xdp\n// run: data=01 inc2 3/2 ctx=mark:7 -> -1 out=ff ctx=mark:8,len:9\n\
                      // map m: 1/4=2/4 0/4=ff\n// init s: 1/4 02=3/2\n// ring r: 1/2, 02\n#include <x>\n// run: no\n";
        let expect = Expect::parse(source).unwrap();
        let run = &expect.runs[..];
        let want = Run {
            data: vec![1, 0, 1, 3, 0],
            ctx: vec![("mark".into(), 7)],
            r0: u64::MAX,
            out: Some(vec![0xff]),
            ctx_out: vec![("mark".into(), 8), ("len".into(), 9)],
        };
        assert_eq!(run, [want]);
        assert_eq!(expect.maps[0].1, [(vec![0; 4], vec![0xff]), (vec![1, 0, 0, 0], vec![2, 0, 0, 0])]);
        assert_eq!(expect.init[0].1, [(vec![1, 0, 0, 0, 2], vec![3, 0])]);
        assert_eq!(expect.rings, [("r".to_owned(), vec![vec![1, 0], vec![2]])]);
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for source in [
            "",
            "// hook: xdp\n",
            "// hook: xdp\n// run: data=0 -> 1\n",
            "// hook: xdp\n// run: data=00\n",
            "// hook: xdp\n// reject: null\n",
            "// hook: xdp\n// run: -> 1\n// kernel: maybe\n",
            "// hook: xdp\n// run: -> 1\n// map m: 1=00\n",
        ] {
            assert!(Expect::parse(source).is_err(), "{source}");
        }
    }
}
