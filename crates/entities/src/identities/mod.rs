//! Persons known across articles: two spellings of one name that turn out to be one person.
//!
//! The id `local:per:anna-kasimi` follows from the name alone, so it never changes. Where articles show that
//! `local:per:anna-qasimi` is the same person, that id *redirects*: a record keeps the id of its own spelling and
//! has the other before it. Nothing is renamed, and whoever joined on the old id still can.
//!
//! - **Likeness proposes.** Only ids of one *family* are ever compared: full names whose words, one by one, sound alike
//!   however they are transliterated. A lone surname has no id and links nothing.
//! - **Evidence decides** ([`family`](family::Family)): stories in which both spellings stand for one person, or three
//!   stories of each among largely the same other persons. A story that has both as two persons speaks against it.
//!   A story counts once, whoever prints it. A redirect that later stories contradict is withdrawn.
//! - **By epochs.** [`Identities::learn`] is told of every article in sequence order; at the end of a span of articles
//!   ([`copydesk_article::span_of`]) it says what becomes durable, and the [`Redirects`] that are used from two spans
//!   later. All of it is a function of the sightings in sequence order; rows hold the whole state of a family at the
//!   end of an epoch, and of each family the two newest stay, because articles in flight use the newest epoch or the one
//!   before it.
//! - **Bounds.** At most 65,536 families ([`MOST_FAMILIES`]), eight ids to each; those not seen for longest are
//!   forgotten, their redirects with them.

mod family;
mod learner;
mod redirects;
mod sighting;

pub use learner::{Closed, Identities, MOST_FAMILIES, Row};
pub use redirects::{Redirect, Redirects};
pub use sighting::{Seen, Sighting};
