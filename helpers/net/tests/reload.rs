//! Objects with several programs, replaced while they are in use.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::Duration;

use stingless::{Collection, Engine, Error, Linker, Slot};
use stingless_helpers_net::http::{Request, Response};

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins")
}

fn linker() -> Linker {
    let mut linker = Linker::new(&Engine::default());
    linker.hook::<Request<'_>>().unwrap().hook::<Response<'_>>().unwrap();
    linker
}

fn load(name: &str) -> Collection {
    linker().load(&stingless::from_file(plugins().join(name)).unwrap()).unwrap()
}

fn request(slot: &Slot<Request<'static>>) {
    let (path, none) = ("/items/1", "");
    let mut ctx = Request {
        client_ip: 1,
        method: 1,
        status: 0,
        mark: 0,
        path: path.into(),
        query: none.into(),
        headers: none.into(),
    };
    slot.call(&mut ctx).unwrap();
}

fn elements(collection: &Collection) -> usize {
    collection.maps().filter(|(name, _)| !name.starts_with('.')).map(|(_, m)| m.iter().unwrap().count()).sum()
}

#[test]
fn siblings_change_together_and_keep_their_maps() {
    let collection = load("routes.bpf.o");
    let requests = Engine::default().slot::<Request<'_>>(collection.plugin("count_request").unwrap());
    let responses: Slot<Response<'_>> = requests.sibling("count_response").unwrap();
    request(&requests);
    let before = elements(&requests.plugin().collection());
    assert!(before > 0, "the plugin counts");

    let object = stingless::from_file(plugins().join("routes.bpf.o")).unwrap();
    responses.reload(&object).unwrap();
    assert_eq!(elements(&requests.plugin().collection()), before, "the maps are the same");
    request(&requests);

    // An object without the programs is refused, and nothing changes.
    let other = load("filter.bpf.o");
    let error = requests.swap(&other).map(|_| ()).expect_err("no such programs");
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    request(&requests);
    assert_eq!(requests.plugin().name(), "count_request");
    assert!(requests.sibling::<Response<'_>>("count_request").is_err(), "that one is of another hook");
}

#[test]
fn a_watched_file_is_loaded_when_it_changes_and_refused_when_it_is_bad() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("watch-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("limit.bpf.o");
    std::fs::copy(plugins().join("rate_limit.bpf.o"), &file).unwrap();
    let object = stingless::from_file(&file).unwrap();
    let slot = Engine::default().slot::<Request<'_>>(linker().load(&object).unwrap().plugin("limit").unwrap());
    let (send, reports) = channel();
    slot.watch_with(&file, move |path, result| {
        let said = result.map_err(|e| e.to_string());
        // The receiver is gone only when the test is over.
        let _ = send.send((path.to_owned(), said));
    })
    .unwrap();
    let replace = |name: &str| {
        let new = folder.join("new");
        std::fs::copy(plugins().join(name), &new).unwrap();
        std::fs::rename(&new, &file).unwrap();
        reports.recv_timeout(Duration::from_secs(30)).expect("the watch hears of it")
    };
    request(&slot);
    assert_eq!(replace("rate_limit_v2.bpf.o").1, Ok(()));
    let buckets = slot.plugin().collection().map("buckets").unwrap().len();
    assert_eq!(buckets, 1, "the client keeps its bucket");
    request(&slot);

    let (path, refused) = replace("bad_limit.bpf.o");
    let refused = refused.expect_err("it follows a pointer that may be NULL");
    assert!(refused.contains("limit.bpf.o") && refused.contains("E0020"), "{refused}");
    assert!(path.ends_with("limit.bpf.o"));
    request(&slot);
    slot.unwatch();
    std::fs::remove_dir_all(&folder).unwrap();
}
