//! Recognising an article that was here before.
//!
//! Pure functions: what makes two articles the same text, and what must never be matched by text. Where keys
//! are kept, and who holds one, is the ledger's business.
//!
//! Today two articles are copies when their normalised texts are equal ([`text_key`]); resemblance and
//! containment of nearly equal texts join here later.
//!
//! Short bodies and paywall notices say little about *which* story they are: "Subscribe to continue reading"
//! stands under a thousand different ones. They are never matched across different URLs ([`is_stub`]).

mod key;
mod stub;

pub use key::{normalise, text_key};
pub use stub::{STUB_CJK_CHARS, STUB_WORDS, is_stub};
