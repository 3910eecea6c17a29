//! Names in articles: persons, organisations, places, groups, dates and amounts of money, gathered into entities.
//!
//! English is read by a trained tagger ([`tagger`]); other languages, for which no model was evaluated, by rules and
//! lists that say little and mean it. [`Recognised::engine`] tells which it was. A text of no known language goes to
//! the tagger if its words are English ones (lists of results, share prices), and is not called evaluated.
//!
//! # The way of an article
//! `token` cuts both fields. In English the tagger finds names, `repeat` finds what it told once and missed
//! elsewhere (and holds headlines in title case to what the text told), and `link` says which names are one entity:
//! persons by surname, given names, initials, spelling and small typos, organisations by acronym, beginning, end and
//! legal form, places by the gazetteer. Elsewhere `reading` adds what the lists (`gazetteer`, `lexicon`) know about
//! each word, `find` runs the rules and `again` looks for the names they told. Then the names watched for
//! ([`Watchlist`]) are marked, and `gather` makes the entities, with what dates and amounts mean (`value`).
//!
//! # Ids
//! `iso:AF` a country · `in:AF` what lies in it or belongs to it · `local:per:sergei-halvorsen` the same full name in
//! every article (`identity`; a surname alone has none) · `date:2017-02` · `money:USD:5000000` · `watch:…` an entry of
//! the user's list.
//!
//! Everything is pure, deterministic and linear in the text; nothing is learned from articles and nothing leaves them.
//! The models: `models/news.md`, `models/open.md`; how to train one: `copydesk-trainer`.

mod again;
mod date;
mod engine;
mod find;
mod gather;
mod gazetteer;
mod given;
mod identity;
mod lexicon;
mod link;
mod money;
mod organisation;
mod person;
mod place;
mod reading;
mod recognise;
mod repeat;
pub mod tagger;
mod token;
mod value;
mod watch;
mod watchlist;

pub use engine::{Shipped, model_bytes, tagger};
pub use given::{Given, Identity, identify};
pub use recognise::{Input, Recognised, Recogniser, recognise};
pub use watchlist::{Hit, WatchFormat, Watched, Watchlist, WatchlistError};

/// The number of tokens that a text is cut into: words, numbers and marks.
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    token::tokenise(text).len()
}
