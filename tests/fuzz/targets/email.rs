//! Mail messages, alone and in boxes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    copydesk_fuzz::check("a.eml", bytes);
    copydesk_fuzz::check("a", &[b"From a 08:00\nSubject: x\nFrom: y\n", bytes].concat());
});
