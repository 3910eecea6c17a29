//! WARC, and the HTTP answers in it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    copydesk_fuzz::check("a.warc", bytes);
    // A record whose length is right, so that its block is looked into.
    let head = "WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: ";
    let block = [b"HTTP/1.1 200 OK\r\n", bytes].concat();
    copydesk_fuzz::check(
        "a.warc",
        &[head.as_bytes(), block.len().to_string().as_bytes(), b"\r\n\r\n", &block].concat(),
    );
});
