//! Hashes that stand in model files: stable for ever (XXH3 of bytes, and a fixed mixing of numbers).

use xxhash_rust::xxh3::xxh3_64;

/// The hash of a word's bytes.
#[must_use]
pub fn of_bytes(bytes: &[u8]) -> u32 {
    xxh3_64(bytes) as u32
}

/// One number of two, in order.
#[must_use]
pub const fn pair(first: u32, second: u32) -> u32 {
    mix(first.rotate_left(13).wrapping_mul(0x9E37_79B1) ^ second)
}

/// A number whose bits all depend on all bits of the other (the finaliser of MurmurHash3, public domain).
#[must_use]
pub const fn mix(number: u32) -> u32 {
    let mut mixed = number;
    mixed ^= mixed >> 16;
    mixed = mixed.wrapping_mul(0x85EB_CA6B);
    mixed ^= mixed >> 13;
    mixed = mixed.wrapping_mul(0xC2B2_AE35);
    mixed ^ (mixed >> 16)
}
