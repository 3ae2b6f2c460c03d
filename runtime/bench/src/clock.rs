//! Interleaved rounds: every lane takes its turn in each, so that what disturbs one disturbs all. The machine is noisy:
//! what counts are ratios of lower quartiles.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Rounds of a measurement.
const ROUNDS: usize = 61;
/// Rounds that slow things get, once they have taken this long.
const FEW: usize = 7;
const PATIENCE: Duration = Duration::from_millis(1500);
/// What one lane takes of a round, at least.
const TURN: Duration = Duration::from_micros(150);

/// One thing to be timed.
pub(crate) struct Lane<'a> {
    /// Column of the table.
    pub(crate) name: &'static str,
    /// Does it `n` times; `None` where it cannot.
    pub(crate) run: Option<Box<dyn FnMut(u64) + 'a>>,
}

impl<'a> Lane<'a> {
    /// A lane that does `once` again and again.
    pub(crate) fn new(name: &'static str, mut once: impl FnMut() + 'a) -> Lane<'a> {
        Lane { name, run: Some(Box::new(move |n| (0..n).for_each(|_| once()))) }
    }

    /// A lane that has nothing to show here.
    pub(crate) fn missing(name: &'static str) -> Lane<'a> {
        Lane { name, run: None }
    }

    /// The lane, or a missing one.
    pub(crate) fn of(name: &'static str, once: Option<impl FnMut() + 'a>) -> Lane<'a> {
        match once {
            Some(once) => Lane::new(name, once),
            None => Lane::missing(name),
        }
    }
}

/// Takes what was computed, so that it is computed.
pub(crate) fn keep<T>(value: T) {
    std::hint::black_box(value);
}

/// Nanoseconds of one turn of each lane: the lower quartile over all rounds.
pub(crate) fn measure(lanes: &mut [Lane<'_>]) -> Vec<Option<f64>> {
    let counts: Vec<u64> = lanes.iter_mut().map(|l| l.run.as_mut().map_or(0, calibrate)).collect();
    let mut times = vec![Vec::with_capacity(ROUNDS); lanes.len()];
    let start = Instant::now();
    for round in 0..ROUNDS {
        if round >= FEW && start.elapsed() > PATIENCE {
            break;
        }
        for ((lane, &n), times) in lanes.iter_mut().zip(&counts).zip(&mut times) {
            let Some(run) = &mut lane.run else { continue };
            let start = Instant::now();
            run(n);
            times.push(start.elapsed().as_nanos() as f64 / n as f64);
        }
    }
    times.into_iter().map(quartile).collect()
}

/// How often a lane does its thing in a turn.
fn calibrate(run: &mut Box<dyn FnMut(u64) + '_>) -> u64 {
    let mut n = 1;
    loop {
        let start = Instant::now();
        run(n);
        if start.elapsed() >= TURN {
            return n;
        }
        n *= 2;
    }
}

fn quartile(mut times: Vec<f64>) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 4).copied()
}

/// A table whose first column of numbers is what the others are compared with.
pub(crate) struct Table {
    columns: Vec<&'static str>,
    text: String,
}

const FIRST: usize = 34;
const WIDTH: usize = 21;

impl Table {
    pub(crate) fn new(title: &str) -> Table {
        Table { columns: Vec::new(), text: format!("\n{title}\n") }
    }

    /// Times a row's lanes and prints the row.
    pub(crate) fn row(&mut self, name: &str, mut lanes: Vec<Lane<'_>>) {
        let names: Vec<&'static str> = lanes.iter().map(|l| l.name).collect();
        let times = measure(&mut lanes);
        self.print(name, &names, &times, times.first().copied().flatten());
    }

    /// A row whose columns are different things, not to be compared.
    pub(crate) fn plain(&mut self, name: &str, mut lanes: Vec<Lane<'_>>) {
        let names: Vec<&'static str> = lanes.iter().map(|l| l.name).collect();
        let times = measure(&mut lanes);
        self.print(name, &names, &times, None);
    }

    fn print(&mut self, name: &str, names: &[&'static str], times: &[Option<f64>], base: Option<f64>) {
        if self.columns != names {
            let _ = write!(self.text, "{:FIRST$}", "");
            for n in names {
                let _ = write!(self.text, "{n:>WIDTH$}");
            }
            self.text.push('\n');
            self.columns = names.to_vec();
        }
        let _ = write!(self.text, "{name:FIRST$}");
        for (at, time) in times.iter().enumerate() {
            let cell = match (time, base) {
                (None, _) => "-".to_owned(),
                (Some(t), Some(base)) if at > 0 => format!("{} ({:.2}x)", short(*t), t / base),
                (Some(t), _) => short(*t),
            };
            let _ = write!(self.text, "{cell:>WIDTH$}");
        }
        println!("{}", self.text);
        self.text.clear();
    }
}

/// Nanoseconds with as many digits as mean something.
fn short(ns: f64) -> String {
    match ns {
        ns if ns < 100.0 => format!("{ns:.2} ns"),
        ns if ns < 100e3 => format!("{ns:.0} ns"),
        ns if ns < 100e6 => format!("{:.1} us", ns / 1e3),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}
