//! Programs that want the verifier's time or memory: each must end within the one budget.

use std::fmt::Write as _;

/// Name and text of each.
pub(crate) fn all() -> Vec<(&'static str, String)> {
    vec![
        ("all ways differ", ways(200)),
        ("all ways differ, full stack", full_stack_ways(200)),
        ("half a million forks", forks(333_000)),
        ("forks with a full stack", full_stack_forks(60_000)),
        ("loop with a counter", counter("")),
        ("may_goto with a counter", counter("may_goto +{}")),
        ("nested loops", nested()),
        ("links", links(100_000)),
        ("calls eight deep", frames()),
        ("long loop over a long body", long_body()),
        ("callbacks in callbacks", callbacks()),
        ("callback with many states", callback_ways()),
    ]
}

/// A branch on an unknown number, each way adding another power of two; the sum is relied on at the end.
fn ways(n: usize) -> String {
    let mut text = "r6 = r1\nr7 = r2\nif r7 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = 0\n".to_owned();
    for i in 0..n {
        let _ = writeln!(text, "r3 = *(u8 *)(r6 + {i})\nif r3 > 7 goto +1\nr0 += {}", 1 << (i % 30));
    }
    text + "r0 &= 4095\nr6 += r0\nr0 = *(u8 *)(r6 + 0)\nexit"
}

fn full_stack() -> String {
    (1..=64).fold(String::new(), |mut text, i| {
        let _ = writeln!(text, "r3 = *(u8 *)(r6 + {i})\n*(u64 *)(r10 - {}) = r3", i * 8);
        text
    })
}

fn full_stack_ways(n: usize) -> String {
    let mut text = "r6 = r1\nr7 = r2\nif r7 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = 0\n".to_owned() + &full_stack();
    for i in 0..n {
        let at = (i % 64 + 1) * 8;
        let _ = writeln!(
            text,
            "r3 = *(u64 *)(r10 - {at})\nif r3 > {} goto +2\nr0 += {}\n*(u64 *)(r10 - {at}) = r0",
            i % 200,
            1 << (i % 30)
        );
    }
    for i in 1..=64 {
        let _ = writeln!(text, "r3 = *(u64 *)(r10 - {})\nr3 &= 63\nr4 = r6\nr4 += r3\nr0 = *(u8 *)(r4 + 0)", i * 8);
    }
    text + "exit"
}

fn forks(n: usize) -> String {
    let mut text = "r0 = 0\n".to_owned();
    for _ in 0..n {
        text.push_str("if r2 != r0 goto +1\nr0 = 1\nr0 += 3\n");
    }
    text + "exit"
}

fn full_stack_forks(n: usize) -> String {
    let mut text = "r6 = r1\nr7 = r2\nif r7 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = 0\n".to_owned() + &full_stack();
    for i in 0..n {
        let at = (i % 64 + 1) * 8;
        let _ = writeln!(text, "if r7 > {} goto +1\n*(u64 *)(r10 - {at}) = r0", 5000 + i);
    }
    for i in 1..=64 {
        let _ = writeln!(text, "r3 = *(u64 *)(r10 - {})\nr0 += r3", i * 8);
    }
    text + "exit"
}

fn counter(may_goto: &str) -> String {
    let leave = may_goto.replace("{}", "7");
    let body = "r3 = r6\nr4 = r7\nr4 &= 1023\nr3 += r4\nr0 = *(u8 *)(r3 + 0)\nr7 += 1\n";
    let back = if may_goto.is_empty() { "if r7 < 10000000 goto -7" } else { "goto -8" };
    let head = "r6 = r1\nif r2 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = 0\nr7 = 0\n";
    if may_goto.is_empty() { format!("{head}{body}{back}\nexit") } else { format!("{head}{leave}\n{body}{back}\nexit") }
}

fn nested() -> String {
    "r6 = r1\nif r2 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = 0\nr7 = 0\n\
     r8 = 0\n\
     r9 = 0\n\
     r3 = r6\nr3 += r9\nr4 = *(u8 *)(r3 + 0)\nif r4 > 3 goto +1\nr0 += r4\nr9 += 1\nif r9 < 1000 goto -7\n\
     r8 += 1\nif r8 < 1000 goto -10\n\
     r7 += 1\nif r7 < 1000 goto -13\nexit"
        .to_owned()
}

/// Each number is computed of the one before: marks walk the whole chain.
fn links(n: usize) -> String {
    let mut text =
        "r6 = r1\nr7 = r2\nif r7 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\nr0 = *(u8 *)(r6 + 0)\nr8 = *(u8 *)(r6 + 1)\n"
            .to_owned();
    for i in 0..n {
        let _ = writeln!(text, "r0 += r8\nr0 &= 255\nif r0 > {} goto +1\nr8 ^= r0\nr8 &= 255", i % 250);
    }
    text + "r6 += r0\nr6 += r8\nr0 = *(u8 *)(r6 + 0)\nexit"
}

/// Functions that fork and call each other, with locals.
fn frames() -> String {
    let mut text = "r6 = r1\nif r2 < 4096 goto +1\ngoto +2\nr0 = 0\nexit\n".to_owned();
    let call = |text: &mut String, next: usize| {
        for i in 0..6 {
            let _ = writeln!(text, "r1 = r6\ncall f{next}\nif r0 > {i} goto +1\nr7 = r0");
        }
    };
    text.push_str("r7 = 0\n");
    call(&mut text, 1);
    text.push_str("r0 = 0\nexit\n");
    for depth in 1..8 {
        let _ = writeln!(text, "f{depth}:\nr6 = r1\nr7 = *(u8 *)(r6 + {depth})\n*(u64 *)(r10 - 8) = r7");
        if depth < 7 {
            call(&mut text, depth + 1);
        }
        text.push_str("r0 = *(u64 *)(r10 - 8)\nr0 += r7\nexit\n");
    }
    text
}

fn long_body() -> String {
    let mut text = "r0 = 0\nr7 = 0\n".to_owned();
    for i in 0..10_000 {
        let _ = writeln!(text, "if r2 > {i} goto +1\nr0 += 1");
    }
    text + "r7 += 1\nif r7 < 1000000 goto -20002\nexit"
}

fn callbacks() -> String {
    let mut text = "r1 = 100000\nr2 = func f1 ll\nr3 = 0\nr4 = 0\ncall 181\nr0 = 0\nexit\n".to_owned();
    for depth in 1..6 {
        let _ = writeln!(
            text,
            "f{depth}:\nr1 = 100000\nr2 = func f{} ll\nr3 = 0\nr4 = 0\ncall 181\nr0 = 0\nexit",
            depth + 1
        );
    }
    text + "f6:\nr0 = 0\nexit"
}

fn callback_ways() -> String {
    let mut text =
        "r6 = 0\n*(u64 *)(r10 - 8) = r6\nr1 = 100000\nr2 = func f1 ll\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181\n"
            .to_owned();
    text.push_str("r0 = *(u64 *)(r10 - 8)\nr0 &= 1\nexit\nf1:\nr6 = r2\nr7 = *(u64 *)(r6 + 0)\n");
    for i in 0..24 {
        let _ = writeln!(text, "if r1 & {} goto +1\nr7 += {}", 1 << i, 1 << i);
    }
    text + "*(u64 *)(r6 + 0) = r7\nr7 &= 511\nif r7 < 512 goto +1\nr0 = 5\nr0 = 0\nexit"
}
