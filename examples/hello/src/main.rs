//! The host of the README: registers a helper, loads a plugin, calls it, reads its map, shows a rejection.
//!
//! ```text
//! cargo run -p stingless-example-hello
//! ```

use stingless::{Bytes, Engine, Linker, Verdict};

/// What a `http/request` plugin sees. Field order is ABI.
#[repr(C)]
#[derive(stingless::Ctx)]
#[ctx(hook = "http/request", verdict = Verdict, helpers = [stingless_helpers_linux::BASE, tenant_quota])]
struct Request<'a> {
    #[ctx(read)]
    client_ip: u32, // network byte order
    #[ctx(read, write)]
    status: u32,
    #[ctx(data)]
    path: Bytes<'a>, // borrowed, no copy: the plugin sees path and path_end, the verifier proves its bounds
}

/// State of the host that its helper reads.
struct Quotas(Vec<u64>);

stingless::bpf_call_1! {
    /// Requests that a tenant may send.
    #[id = 1000]
    fn tenant_quota(caller, tenant: u32) -> u64 {
        caller.host::<Quotas>().0.get(tenant as usize).copied().unwrap_or(0)
    }
}

/// Plugins are committed as objects: no clang is needed.
fn plugin(name: &str) -> String {
    format!("{}/plugins/{name}.bpf.o", env!("CARGO_MANIFEST_DIR"))
}

fn main() -> stingless::Result<()> {
    let engine = Engine::default();
    let mut linker = Linker::new(&engine);
    linker.host(Quotas(vec![0, 3]));
    linker.hook::<Request>()?;

    let plugins = linker.load(&stingless::from_file(plugin("hello"))?)?; // link, verify, compile
    let limit = plugins.plugin::<Request>("limit")?; // typed, Clone + Send + Sync

    for path in ["/", "/", "/admin/users", "/", "/"] {
        let mut request = Request { client_ip: 0x0a00_0001_u32.to_be(), status: 200, path: path.into() };
        let verdict = limit.call(&mut request)?;
        println!("{path:14} {verdict:?} (status {})", request.status);
    }
    let client = 0x0a00_0001_u32.to_be();
    println!("hits of 10.0.0.1: {:?}", plugins.map("hits")?.typed::<u32, u64>()?.get(&client));

    println!("\nand a plugin that forgets a NULL check:");
    match linker.load(&stingless::from_file(plugin("hello_bad"))?) {
        Ok(_) => unreachable!("the verifier accepts no plugin that may follow NULL"),
        Err(e) => println!("{}", e.report().map_or_else(|| e.to_string(), ToString::to_string)),
    }
    Ok(())
}
