//! `make demo`.

use std::process::ExitCode;

use http_proxy::demo::{Scale, Screen, run};

#[tokio::main]
async fn main() -> ExitCode {
    let screen = Screen::stdout();
    let summary = match run(&screen, &Scale::full()).await {
        Ok(summary) => summary,
        Err(e) => {
            eprintln!("the demo could not run: {e}");
            return ExitCode::FAILURE;
        }
    };
    for failure in &summary.failures {
        eprintln!("FAILED: {failure}");
    }
    if summary.failures.is_empty() {
        println!("\nAll of it held, in {:.1} s.", screen.elapsed().as_secs_f64());
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
