//! JSON: objects, arrays, and arrays inside objects.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    copydesk_fuzz::check("a.json", bytes);
});
