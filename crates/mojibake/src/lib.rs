//! Mojibake: text that was written in one encoding and read as another, repaired.
//!
//! `â€œIt’s cafÃ©â€` stands in feeds, databases and archives, once misread and for ever wrong. This crate finds such
//! text by its own evidence and undoes the reading, layer by layer; what is not proven stays as it is, to the byte.
//!
//! - `page.rs`, `table.rs`: the code pages, and one table of what is known of each of their characters;
//! - `sequence.rs`: one character of UTF-8 as it looks in a code page, whole or damaged;
//! - `script.rs`: scripts, and the rules of print;
//! - `weigh.rs`: how much one sequence speaks for a misreading;
//! - `judge.rs`: whether a line was misread in a page, and where;
//! - `repair.rs`: line by line, layer by layer, with the offsets of every repair;
//! - `reread.rs`: paragraphs that were misread as a whole, where single characters prove nothing ([`reread`]; before
//!   [`repair`], which repairs characters);
//! - `prose.rs`: whether a text is prose of a script, by the statistics of its letters;
//! - `wide.rs`: UTF-16 without a byte order mark, told by what it reads like ([`utf_16`]);
//! - `entity.rs`: HTML entities in plain text, apart ([`unescape`]; before the others, if all are wanted).
//!
//! The class of repairs is that of ftfy (R. Speer, "ftfy", Zenodo 2019), the method is our own: each candidate is
//! weighed by how odd the source is *and* how well the result fits, and the evidence is added up over a line. On
//! sentences of 48 languages misread in eleven ways that repairs more than ftfy does, and leaves more alone.
//!
//! Three promises, each tested:
//!
//! - **Clean text is never changed.** It matters more than the last repair.
//! - **Repairing is idempotent**, and the same on every machine.
//! - **Any text is safe**: no panic, time linear in its length, memory beyond the result bounded (of [`reread`]: by a
//!   few times the text).
//!
//! Not repaired: one legacy code page read as another, except in paragraphs whose script is not Latin, and C1
//! control characters, which are read as Windows-1252 as browsers do; Latin code pages read as one another; UTF-8
//! read as a multi-byte encoding where more than one character in five is lost. What lost its bytes for good becomes
//! U+FFFD where the rest of the line is repaired.

mod entity;
mod judge;
mod page;
mod prose;
mod repair;
mod reread;
mod script;
#[cfg(test)]
mod sentences;
mod sequence;
mod table;
mod weigh;
mod wide;

pub use entity::unescape;
pub use repair::{Mend, Repaired, repair};
pub use reread::reread;
pub use wide::{ByteOrder, utf_16};
