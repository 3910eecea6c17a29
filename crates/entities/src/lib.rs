//! Names in articles: persons, organisations, places, groups, dates and amounts of money, gathered into entities.
//!
//! This is the first recogniser, by rules and lists: it says little and means it. Where the evidence is not plain
//! there is no entity. A trained tagger will take the place of the rules; tokens, lists and gathering stay.
//!
//! The way of a text: `token` cuts it, `reading` adds what the lists (`gazetteer`, `lexicon`) know about each
//! word, `find` runs the rules (`date`, `money`, `organisation`, `place`, `person`) and keeps the longest
//! name at each place, `again` looks for the names so told in the rest of the article, with the persons of the
//! `cast`, and `gather` makes entities of it. Everything is pure, deterministic and linear in the text; nothing is
//! learned and nothing leaves the article.

mod again;
mod cast;
mod date;
mod find;
mod gather;
mod gazetteer;
mod lexicon;
mod money;
mod organisation;
mod person;
mod place;
mod reading;
mod recognise;
mod token;

pub use recognise::{Input, recognise};

/// Name and version of the recogniser, as it stands in a record's `entity_engine`.
pub const ENGINE: &str = "rules-1";
