//! RSS, RDF and Atom.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    copydesk_fuzz::check("a.xml", &[b"<rss><channel>", bytes].concat());
    copydesk_fuzz::check("a.xml", bytes);
});
