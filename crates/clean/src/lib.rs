//! Cleaning: from what a source gave us to the body of the article.
//!
//! Pure functions over one article: no I/O, no async, no state between articles, no panic on any bytes, time
//! linear in the text (a sort aside). Nothing here knows of files, stages or stores. The way through:
//!
//! 1. `charset.rs` (with `codepage.rs`, `plausible.rs`, `mixed.rs`): bytes become text;
//! 2. `repair.rs` (with `invisible.rs` and the crate `copydesk-mojibake`): entities and misread text are undone, what
//!    nobody sees and means goes, the text is composed to NFC;
//! 3. `plain.rs` for plain text: `lines.rs` measures its lines, `wrap.rs` joins those of wrapped paragraphs, and the
//!    rules cut whole lines or the start of one: `stamp.rs` (lines that date the article), `byline.rs`, `imprint.rs` (names
//!    and dates on one line), `furniture.rs` (menus, share buttons, notices), `credit.rs` (captions), `repeats.rs` (a body
//!    pasted twice), `tail.rs` ("About …", "Check Also" and what follows), [`sift`]
//!    (what by its shape and place is no part of the article, in any language), `headline.rs` (the title, the menu above
//!    it and the deck below), until none finds anything; what they know by its words stands in `phrases.rs`, in many
//!    languages; `lore.rs` cuts or marks what was learned of the site, and what the user's patterns name (`guide.rs`);
//! 4. `web.rs` for pages and pieces of HTML: `html/` finds the article and what the page says about it;
//! 5. `date.rs` (with `calendar.rs` and `solar_hijri.rs`), `relative.rs` (what counts from the fetch) and `language.rs` read dates and the
//!    language;
//! 6. `settle.rs`: the user's word beats the page's; what loses is a conflict. `local_time.rs`: the source's
//!    time zone and order of numbers, and whether a date lies ahead.
//!
//! Three promises for plain text, each a property test in `tests/clean.rs`:
//!
//! - **Nothing is cut in silence.** What was kept and what was removed make up the source again, white space
//!   and listed repairs aside.
//! - **Cleaning is idempotent.** A clean text stays as it is: every rule looks only at what the other rules
//!   left, and they run to a fixed point, which no repair may leave again.
//! - **Never too much.** If the rules would take more than 60 % of the sentences, the text stays whole and a problem
//!   says so; of what `sift` takes, sentences stay if they are more than 60 % of what may be the body.
//!
//! **What is recognised and stays.** A dateline ("LINDVIK, May 6, 2019 (Reuters) — …") is a part of the body, and so
//! are sub-headings: they are what the author wrote, and the record has no field of their own for them. Recognised means:
//! the agency of a dateline is an author of kind `agency` where no byline names one, its day is `published` where it has
//! a year and no line dates the article, and its place is found among the entities, with its place in `text`. A deck goes
//! to `subtitle`, where names or a date below it show that it is one; else it may be the first paragraph, and stays. A
//! sub-heading is a paragraph of its own in `text`: below the
//! first sentence no rule takes it for a headline or a menu (`headline.rs`), nor for something aside where it stands
//! between two lines of the article ([`sift`]).
//!
//! Of a page, every text that a reader would see is kept or listed as removed, with the bytes of markup it stood
//! in; the markup itself is not (`tests/pages.rs`).

mod address;
mod byline;
mod calendar;
mod charset;
mod clean;
mod codepage;
mod credit;
mod date;
mod day;
mod found;
mod furniture;
mod guide;
mod headline;
mod html;
mod imprint;
mod invisible;
mod language;
mod lines;
mod local_time;
mod lore;
mod mixed;
mod phrases;
mod plain;
mod plausible;
mod positions;
mod relative;
mod repair;
mod repeats;
mod settle;
pub mod sift;
mod solar_hijri;
mod stamp;
mod tail;
mod web;
mod wrap;

pub use charset::is_binary;
pub use clean::{Cleaned, Input, Mode, Source, clean, clean_with, source_text};
pub use day::day;
pub use guide::{Field, Guide, Pattern, SourceRules};
pub use local_time::{instant, time_zone};
pub use repair::read_again;
