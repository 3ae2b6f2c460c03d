//! W^X: what publishing promises, asked of the kernel.

use std::fs::OpenOptions;
use std::os::unix::fs::{FileExt, MetadataExt};

use stingless_jit::CodeBlob;

use super::*;
use crate::sys::publish::{Image, ImageBuilder};

fn blob(text: &str) -> CodeBlob {
    let unit = Setup::new(text).unit();
    let mut options = Options::default();
    options.deadline_checks = false;
    stingless_jit::compile_assumed(&Assumed::new(unit), &options).expect("it compiles").0
}

fn image() -> (Arc<Image>, u64) {
    let image = publish(blob("r0 = 0x1234\n exit"), &|_| None).expect("it is published");
    let entry = image.entries(0).0;
    (image, entry)
}

/// The line of `/proc/self/maps` that holds an address.
fn mapping(addr: u64) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").expect("proc is there");
    let holds = |line: &&str| {
        let range = line.split(' ').next().and_then(|range| range.split_once('-'));
        let hex = |text: &str| u64::from_str_radix(text, 16).expect("hex");
        range.is_some_and(|(from, to)| (hex(from)..hex(to)).contains(&addr))
    };
    maps.lines().find(holds).expect("mapped").to_owned()
}

#[test]
fn code_is_shared_read_execute_and_near_the_hosts_text() {
    let (_image, entry) = image();
    let line = mapping(entry);
    assert!(line.contains(" r-xs "), "{line}");
    assert!(line.contains("memfd:stingless-code"), "{line}");
    let text = image as *const () as usize as u64;
    assert!(text.abs_diff(entry) < 1 << 30, "{text:#x} {entry:#x}");
}

#[test]
fn code_can_never_be_made_writable() {
    let (image, entry) = image();
    let page = std::ptr::with_exposed_provenance_mut::<libc::c_void>(entry as usize & !4095);
    for rights in [libc::PROT_READ | libc::PROT_WRITE, libc::PROT_READ | libc::PROT_WRITE | libc::PROT_EXEC] {
        // SAFETY: the page is mapped (`image` lives), and the kernel must refuse.
        let rc = unsafe { libc::mprotect(page, image.len(), rights) };
        assert_eq!((rc, std::io::Error::last_os_error().raw_os_error()), (-1, Some(libc::EACCES)));
    }
    let memory = OpenOptions::new().write(true).open("/proc/self/mem").expect("proc is there");
    let error = memory.write_at(&[0xcc], entry).expect_err("the kernel must refuse");
    assert_eq!(error.raw_os_error(), Some(libc::EIO));
}

/// The file behind the mapping, reached through `/proc/self/map_files` where that is allowed, is sealed. (Without the
/// right, the seals are seen from what they forbid in `code_can_never_be_made_writable` and in the function itself.)
#[test]
fn the_file_is_sealed() {
    let (_image, entry) = image();
    let line = mapping(entry);
    let range = line.split(' ').next().expect("a range").to_owned();
    let trim = |hex: &str| u64::from_str_radix(hex, 16).expect("hex");
    let (from, to) = range.split_once('-').expect("two ends");
    let path = format!("/proc/self/map_files/{:x}-{:x}", trim(from), trim(to));
    let Ok(file) = OpenOptions::new().read(true).open(&path) else {
        eprintln!("NOT TESTED: {path} may not be opened here");
        return;
    };
    assert!(file.metadata().expect("open").size() >= 4096);
    // SAFETY: a plain system call on a descriptor that `file` owns.
    let seals = unsafe { libc::fcntl(std::os::fd::AsRawFd::as_raw_fd(&file), libc::F_GET_SEALS) };
    let want = libc::F_SEAL_WRITE | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    assert_eq!(seals & want, want);
    let writable = OpenOptions::new().write(true).open(&path).expect("opening is allowed");
    assert_eq!(writable.write_at(&[0xcc], 0).expect_err("sealed").raw_os_error(), Some(libc::EPERM));
}

#[test]
fn one_image_holds_many_programs_and_goes_with_the_last() {
    let mut builder = ImageBuilder::default();
    for value in 0..300 {
        let index = builder.add(blob(&format!("r0 = {value}\n exit")), &|_| None).expect("it fits");
        assert_eq!(index, value);
    }
    let image = builder.publish().expect("it is published");
    for value in 0..300 {
        let (entry, _) = image.entries(value);
        let entry = std::ptr::with_exposed_provenance::<()>(entry as usize);
        // SAFETY: an entry of a program that takes nothing and needs no `VmCtx`.
        let r0 = unsafe { std::mem::transmute::<*const (), HelperFn>(entry)(0, 0, 0, 0, 0, std::ptr::null_mut()) };
        assert_eq!(r0, value as u64);
    }
    let (entry, _) = image.entries(0);
    drop(image);
    let maps = std::fs::read_to_string("/proc/self/maps").expect("proc is there");
    assert!(!maps.contains(&format!("{:x}-", entry & !4095)), "the mapping is gone");
}

#[test]
fn what_does_not_resolve_or_lies_outside_is_an_error() {
    let unit = Setup::new("r1 = 1\n call 1\n exit").helper(1, &[ArgKind::Scalar], fail).unit();
    let AssumedBlob(blob) =
        stingless_jit::compile_assumed(&Assumed::new(unit), &Options::default()).expect("it compiles");
    let missing = publish(blob.clone(), &|_| None).expect_err("nobody knows the helper");
    assert_eq!(missing.kind(), std::io::ErrorKind::NotFound);
    let mut far = blob.clone();
    far.relocs[0].at = far.text.len() as u32 - 7;
    assert_eq!(publish(far, &|_| Some(0)).expect_err("outside").kind(), std::io::ErrorKind::InvalidData);
    let mut late = blob;
    late.entry = late.text.len() as u32;
    assert_eq!(publish(late, &|_| Some(0)).expect_err("outside").kind(), std::io::ErrorKind::InvalidData);
}
