//! `check --report`: the page by itself, and in a browser that clicks and steps through it.

use std::path::{Path, PathBuf};
use std::process::Command;

use stingless as _;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn temporary(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{name}", std::process::id()))
}

/// The page of some objects.
fn page(name: &str, args: &[&str]) -> String {
    let path = temporary(name);
    let out = Command::new(env!("CARGO_BIN_EXE_stingless"))
        .args(["check", "--report"])
        .arg(&path)
        .args(args)
        .current_dir(root())
        .output()
        .expect("the command starts");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&out.stderr)))
}

/// An object whose author has other things in mind: markup in its lines and in its program's name.
fn hostile() -> String {
    let mut bytes = std::fs::read(root().join("plugins/bad_limit.bpf.o")).expect("a committed object");
    replace(&mut bytes, b"\0limit\0", b"\0<i>'\"\0");
    replace(&mut bytes, b"__sync_fetch_and_add(&b->passed, 1);", b"</script><script>broken=1</script>  ");
    let path = temporary("hostile.o");
    std::fs::write(&path, bytes).expect("a temporary file");
    path.display().to_string()
}

fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut found = 0;
    for at in 0..bytes.len().saturating_sub(from.len()) {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
            found += 1;
        }
    }
    assert!(found > 0, "nothing to replace");
}

const REPORTS: [&str; 3] = [
    "runtime/verifier/tests/reports/loop_index.bpf.o",
    "runtime/verifier/tests/reports/ringbuf_leak.bpf.o",
    "runtime/verifier/tests/reports/stack_too_deep.bpf.o",
];

#[test]
fn a_page_holds_everything_and_nothing_foreign() {
    let text = page("all.html", &[&["plugins/filter.bpf.o", "plugins/bad_limit.bpf.o"][..], &REPORTS].concat());
    assert_eq!(text.matches("<section class=\"program\"").count(), 5);
    assert!(text.contains("1 accepted, 4 rejected") && text.matches("<svg").count() >= 5, "{}", text.len());
    assert!(text.contains("b-&gt;passed") && text.contains("stingless::E0020"));
    for outside in ["http://", "https://", "src=", "@import", "url(", "<link"] {
        assert!(!text.contains(outside), "the page speaks of {outside}");
    }
    assert!(text.len() < 1 << 20, "{} bytes", text.len());
}

#[test]
fn names_and_lines_of_an_object_become_no_markup() {
    let text = page("hostile.html", &[&hostile()]);
    assert!(!text.contains("<i>") && !text.contains("<script>broken"), "markup went through");
    assert!(text.contains("&lt;i&gt;&#39;&quot;") && text.contains("&lt;script&gt;broken=1"));
    // One script of ours and one document for it.
    assert_eq!(text.matches("<script").count(), 2);
}

#[test]
fn raw_code_and_files_that_are_none_have_their_place() {
    let code = stingless::isa::assemble("r0 = *(u64 *)(r1 + 0)\n exit").expect("the test's program");
    let path = temporary("raw.bin");
    std::fs::write(&path, stingless::isa::encode(&code).expect("it has an encoding")).expect("a temporary file");
    let text = page("raw.html", &["--raw", &path.display().to_string()]);
    assert!(text.contains("0 accepted, 1 rejected") && text.contains("<svg"));
    let text = page("none.html", &["Cargo.toml", "plugins/filter.bpf.o"]);
    assert!(text.contains("1 accepted, 1 rejected"), "a file that is no object is on the page, too");
}

#[test]
fn large_programs_are_cut_and_the_page_says_so() {
    // Branches that lead nowhere, over and over.
    let mut text = String::from("r6 = r2\n r0 = 0\n");
    for at in 0..800 {
        text += &format!("if r6 > {at} goto l{at}\n r0 += 1\nl{at}: r0 += 2\n");
    }
    let code = stingless::isa::assemble(&(text + "exit")).expect("the test's program");
    let path = temporary("large.bin");
    std::fs::write(&path, stingless::isa::encode(&code).expect("it has an encoding")).expect("a temporary file");
    let page = page("large.html", &["--raw", &path.display().to_string()]);
    for said in ["of its blocks are left out", "more instructions are left out", "steps are left out after"] {
        assert!(page.contains(said), "the page does not say: {said}");
    }
    assert!(page.len() < 4 << 20, "{} bytes", page.len());
}

/// What the browser does: steps, jumps, chooses, types; says `passed`, or what went wrong.
const SCRIPT: &str = r##"<script>
(() => {
  const done = text => { const p = document.createElement("p"); p.id = "selftest"; p.textContent = text; document.body.append(p); };
  const must = (ok, what) => { if (!ok) throw new Error(what); };
  try {
    must(window.broken === undefined, "a script of the object ran");
    must(document.querySelector("i") === null, "markup of the object is markup");
    must(performance.getEntriesByType("resource").length === 0, "something was fetched");
    const sections = [...document.querySelectorAll("section.program")];
    for (const s of sections) {
      const count = () => s.querySelector(".count").textContent;
      const steps = Number(s.querySelector(".at").max) + 1;
      const end = "step " + steps + " of " + steps;
      must(count() === end, "it begins at the end of the path: " + count());
      must(s.querySelectorAll(".cfg .block.on").length > 0, "no block is on the path");
      must(s.querySelectorAll("tr.now[data-l]").length === 1, "no line is the current one");
      s.querySelector(".first").click();
      must(count() === "step 1 of " + steps, "first: " + count());
      const before = s.querySelector(".regs tbody").textContent;
      for (let k = 0; k < 3; k++) s.querySelector(".next").click();
      must(count() === "step 4 of " + steps, "next: " + count());
      must(s.querySelector(".regs tbody").textContent !== before, "nothing changed in three steps");
      must(s.querySelectorAll(".regs tr.new, .regs tr.gone").length > 0, "changes are not marked");
      s.querySelector(".prev").click();
      must(count() === "step 3 of " + steps, "prev: " + count());
      const key = (k, at) => at.dispatchEvent(new KeyboardEvent("keydown", { key: k, bubbles: true, cancelable: true }));
      key("ArrowRight", s.querySelector("h2"));
      must(count() === "step 4 of " + steps, "right arrow: " + count());
      key("End", s.querySelector("h2"));
      must(count() === end, "End: " + count());
      s.querySelector(".at").value = "0";
      s.querySelector(".at").dispatchEvent(new Event("input"));
      must(count() === "step 1 of " + steps, "slider: " + count());
      const blocks = [...s.querySelectorAll(".cfg .block.on")];
      key("Enter", blocks[blocks.length - 1]);
      must(blocks[blocks.length - 1].classList.contains("now"), "Enter on a block goes there");
      const line = [...s.querySelectorAll("tr.on[data-l]")].pop();
      line.click();
      must(line.classList.contains("now"), "a click on a line goes there");
      must([...s.querySelectorAll("tr[data-l] .s")].some(e => e.textContent.includes(" = ")), "no line says what is known");
      const select = s.querySelector(".path");
      if (select.options.length > 1) {
        select.value = "1";
        select.dispatchEvent(new Event("change"));
        must(Number(s.querySelector(".at").max) + 1 > 0 && count().startsWith("step "), "another path");
        key("[", s.querySelector("h2"));
        must(select.value === "0", "[ goes to the path before");
      }
      const failed = s.querySelector("h2 .bad") !== null && select.options[0].textContent.includes("fails");
      must((s.querySelector(".cfg .block.fail") !== null) === failed, "the failing block is marked");
    }
    const theme = document.documentElement.dataset.theme;
    document.getElementById("theme").click();
    must(document.documentElement.dataset.theme !== theme, "light and dark");
    document.querySelector("nav a").click();
    must(location.hash === "#p0", "the contents lead to a program");
    done("passed " + sections.length);
  } catch (e) { done("failed: " + e.message); }
})();
</script>"##;

/// Runs a page in a headless browser and gives what the document became; `None` where there is no browser.
fn browse(path: &Path) -> Option<String> {
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let name = names.iter().find(|n| Command::new(n).arg("--version").output().is_ok_and(|o| o.status.success()))?;
    let profile = temporary("profile");
    let out = Command::new(name)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(format!("file://{}", path.display()))
        .output();
    let _ = std::fs::remove_dir_all(&profile);
    Some(String::from_utf8_lossy(&out.expect("the browser starts").stdout).into_owned())
}

#[test]
fn the_page_works_in_a_browser() {
    let hostile = hostile();
    let files = [&["plugins/filter.bpf.o", hostile.as_str()][..], &REPORTS].concat();
    let text = page("browser.html", &files).replace("</body>", &format!("{SCRIPT}</body>"));
    let path = temporary("browser-script.html");
    std::fs::write(&path, text).expect("a temporary file");
    let Some(dom) = browse(&path) else {
        eprintln!(
            "NOTE: NO CHROMIUM HERE: THE PAGE OF check --report WAS NOT TRIED IN A BROWSER (.ci/setup test installs it)"
        );
        return;
    };
    let said = dom.split("<p id=\"selftest\">").nth(1).and_then(|t| t.split("</p>").next());
    assert_eq!(said, Some("passed 5"), "{} bytes of document", dom.len());
}
