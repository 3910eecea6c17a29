//! Plain text and web pages, and telling them from everything else.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for name in ["a", "a.html"] {
        copydesk_fuzz::check(name, bytes);
    }
});
