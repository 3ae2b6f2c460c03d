//! `plugins/include/stingless/http_*.h` are what `stingless headers` prints of the hooks.

use std::path::Path;

use stingless::{Ctx, Engine, Linker};
use stingless_helpers_net::http::{Request, Response};

fn header<H: Ctx>() -> String {
    let mut linker = Linker::new(&Engine::default());
    linker.hook::<H>().unwrap();
    let hook = H::def().hook;
    let protos = linker.protos();
    stingless::abi::header::c_header(&hook, protos.iter().map(|p| &**p).filter(|p| hook.helpers.has(p.id)))
}

fn check(file: &str, want: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/include/stingless").join(file);
    if std::env::var_os("STINGLESS_BLESS").is_some() {
        std::fs::write(&path, want).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == want, "{file} is not what its hook says; STINGLESS_BLESS=1 rewrites it");
}

#[test]
fn the_committed_headers_are_the_generated_ones() {
    check("http_request.h", &header::<Request<'_>>());
    check("http_response.h", &header::<Response<'_>>());
}
