//! gzip, zstd and wide encodings: whole, cut and damaged.
#![no_main]

use std::io::Read;

use copydesk_article::Content;
use copydesk_readers::Item;

libfuzzer_sys::fuzz_target!(|input: (u8, u16, u8, Vec<u8>)| {
    let (kind, place, damage, bytes) = input;
    let mut packed = match kind % 4 {
        0 => {
            let mut packed = Vec::new();
            flate2::read::GzEncoder::new(bytes.as_slice(), flate2::Compression::fast())
                .read_to_end(&mut packed)
                .expect("memory");
            packed
        }
        1 => zstd::encode_all(bytes.as_slice(), 1).expect("memory"),
        2 => String::from_utf8_lossy(&bytes).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        _ => bytes.clone(),
    };
    let name = if kind & 4 == 0 { "a.jsonl" } else { "a.txt" };
    let items = copydesk_fuzz::check(name, &packed);
    // What was packed whole is read whole.
    if let ([Item::Record(record)], "a.txt", 0 | 1) = (&items[..], name, kind % 4)
        && let Content::Bytes(text) = &record.content
        && record.bytes.end == bytes.len() as u64
    {
        assert_eq!(text, &bytes);
    }
    let place = usize::from(place).checked_rem(packed.len()).unwrap_or(0);
    if damage == 0 {
        packed.truncate(place);
    } else if let Some(byte) = packed.get_mut(place) {
        *byte ^= damage;
    }
    copydesk_fuzz::check(name, &packed);
});
