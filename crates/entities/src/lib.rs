//! Names in articles: persons, organisations, places, groups, dates and amounts of money, gathered into entities.
//!
//! A language that there is a model of is read by a trained tagger ([`tagger`]), English by the one that ships; the
//! others by rules and lists that say little and mean it (`find`, [`atlas`]). [`Recognised::engine`] tells which it was.
//! A text of no known language goes to the English tagger if its words are English ones (lists of results, share prices),
//! and is not called evaluated. Of an article in several languages each part is read by who reads its language
//! (`extract`), and the engine has a line for each.
//!
//! # The way of an article
//! `token` cuts both fields. Where there is a model the tagger finds names, `repeat` finds what it told once and missed
//! elsewhere (and holds headlines in title case to what the text told), and `link` says which names are one entity:
//! persons by surname, given names, initials, spelling and small typos, organisations by acronym, beginning, end and
//! legal form, places by the gazetteer. Elsewhere `reading` adds what the lists (`gazetteer`, `lexicon`) know about
//! each word, `abroad` what countries and great cities are called there, `find` runs the rules and `again` looks for the
//! names they told. Then the names watched for ([`Watchlist`]) are marked, and `gather` makes the entities, with what
//! dates and amounts mean (`value`) and which place of its name a place is (`resolve`).
//!
//! # Ids
//! `iso:AF` a country · `in:AF` what lies in it or belongs to it · `geonames:…` a city · `local:per:sergei-halvorsen` the
//! same full name in every article (`identity`; a surname alone has none), and by a redirect another spelling of it
//! ([`identities`]) · `local:org:england:cricket` the team of a place (`sport`) · `date:2017-02` · `money:USD:5000000` ·
//! `watch:…` an entry of the user's list.
//!
//! Everything is pure, deterministic and linear in the text; finding names learns nothing from articles, and what
//! [`identities`] learns it is told. The data: `models/news.md`, `models/open.md`, `models/places.md`; how to train one: `copydesk-trainer`.

mod abroad;
mod again;
pub mod atlas;
mod date;
mod engine;
mod extract;
mod find;
mod gather;
mod gazetteer;
mod given;
pub mod identities;
mod identity;
mod lexicon;
mod link;
mod money;
mod organisation;
mod person;
mod place;
mod quick;
mod reading;
mod recognise;
mod repeat;
mod resolve;
mod sport;
pub mod tagger;
mod token;
mod value;
mod watch;
mod watchlist;

pub use engine::{Shipped, model_bytes, tagger};
pub use given::{Given, Identity, identify};
pub use recognise::{Input, Recognised, Recogniser, UnusableModel, recognise};
pub use watchlist::{Hit, WatchFormat, Watched, Watchlist, WatchlistError};

/// The number of tokens that a text is cut into: words, numbers and marks.
#[must_use]
pub fn count_tokens(text: &str) -> usize {
    token::tokenise(text).len()
}
