//! Cleaning: from what a source gave us to the body of the article.
//!
//! Pure functions over one article: no I/O, no async, no state between articles, no panic on any bytes, time
//! linear in the text (a sort aside). Nothing here knows of files, stages or stores. The way through:
//!
//! 1. `charset.rs`: bytes become text;
//! 2. `repair.rs`: stray control characters go, the text is composed to NFC;
//! 3. `lines.rs`: the text becomes lines, each measured once;
//! 4. the rules, which cut whole lines or the start of one: `stamp.rs` (lines that date the article),
//!    `byline.rs`, `furniture.rs` (menus, share buttons, notices), `repeats.rs` (a body pasted twice),
//!    `tail.rs` ("About …", "Check Also" and what follows), `headline.rs` (the title and the menu above it);
//! 5. `clean.rs`: the rules run until none finds anything, and what is left becomes paragraphs;
//! 6. `date.rs` and `language.rs` read dates and the language.
//!
//! Three promises, each a property test in `clean.rs`:
//!
//! - **Nothing is cut in silence.** What was kept and what was removed make up the source again, white space
//!   and listed repairs aside.
//! - **Cleaning is idempotent.** A clean text stays as it is: every rule looks only at what the other rules
//!   left, and they run to a fixed point.
//! - **Never too much.** If more than 60 % of a body would go, it stays whole and a problem says so.

mod byline;
mod charset;
mod clean;
mod date;
mod furniture;
mod headline;
mod language;
mod lines;
mod repair;
mod repeats;
mod stamp;
mod tail;

pub use charset::is_binary;
pub use clean::{Cleaned, Input, Mode, Source, clean};
