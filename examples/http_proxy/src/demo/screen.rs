//! What the demo shows: lines on standard output, and a bar on standard error where that is a terminal.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::task::JoinHandle;

use crate::load::Progress;

/// Where the demo writes.
#[derive(Clone, Debug)]
pub struct Screen {
    bar: ProgressBar,
    start: Instant,
    silent: bool,
}

impl Screen {
    /// Standard output and error.
    #[must_use]
    pub fn stdout() -> Screen {
        Screen { bar: ProgressBar::new(0), start: Instant::now(), silent: false }
    }

    /// Nothing is shown: for tests.
    #[must_use]
    pub fn silent() -> Screen {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        Screen { bar, start: Instant::now(), silent: true }
    }

    /// A line.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.silent {
            self.bar.suspend(|| println!("{}", text.as_ref()));
        }
    }

    /// A heading with the time since the start.
    pub fn step(&self, text: &str) {
        self.line(format!("\n[{:5.1} s] {text}", self.start.elapsed().as_secs_f64()));
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Shows requests as they are answered, until the handle is dropped.
    #[must_use]
    pub fn follow(&self, progress: Progress, total: u64) -> Follow {
        let screen = self.clone();
        screen.bar.reset();
        screen.bar.set_length(total);
        screen.bar.set_style(style());
        let task = tokio::spawn(async move {
            let mut ticks = 0u64;
            loop {
                tokio::time::sleep(Duration::from_millis(100)).await;
                ticks += 1;
                let now = progress.load(Ordering::Relaxed);
                screen.bar.set_position(now);
                if screen.bar.is_hidden() && ticks.is_multiple_of(10) {
                    screen.line(format!("          {now} of {total} requests"));
                }
            }
        });
        Follow { task, bar: self.bar.clone() }
    }
}

fn style() -> ProgressStyle {
    // The template is a constant of this file.
    ProgressStyle::with_template("          {bar:40} {pos}/{len} requests")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// Ends the display of progress when dropped.
#[derive(Debug)]
pub struct Follow {
    task: JoinHandle<()>,
    bar: ProgressBar,
}

impl Drop for Follow {
    fn drop(&mut self) {
        self.task.abort();
        self.bar.finish_and_clear();
    }
}
