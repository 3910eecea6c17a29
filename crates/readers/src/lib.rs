//! From a file to its records: one reader a format, all streaming.
//!
//! This crate knows files and formats and nothing else: no folder is watched here and nothing is moved.
//! A [`Reader`] turns a [`Found`] file into records, one at a time; it resumes at any [`Position`], and refuses
//! to go on when the file changes under it.

mod fields;
mod format;
mod found;
mod input;
mod json;
mod json_lines;
mod piece;
mod reader;
mod text;

pub use found::Found;
pub use input::{OpenError, ReadError, open_quietly};
pub use reader::{BadRecord, Item, Position, RawRecord, ReadOptions, Reader};
