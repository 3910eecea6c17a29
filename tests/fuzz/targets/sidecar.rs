//! Sidecars, beside an article and without one.
#![no_main]

use std::path::Path;

use copydesk_readers::sidecar::{SUFFIXES, Words};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for suffix in SUFFIXES {
        let name = format!("a.txt{suffix}");
        let words = Words::of(Path::new(&name), bytes);
        assert!(words.supplied.url.is_none_or(|url| !url.contains(char::is_whitespace) || suffix == SUFFIXES[0]));
        copydesk_fuzz::check(&name, bytes);
    }
});
