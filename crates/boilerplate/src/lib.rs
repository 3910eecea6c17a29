//! Boilerplate learned across articles: lines that recur over many stories of one site are no part of any of them.
//!
//! Pure: no I/O, no async, no clock. One article takes this way:
//!
//! 1. The cleaner asks the [`Rules`] of the article's epoch for its [`Site`] and looks each line up by what it says
//!    ([`line_hash`]). What a rule says of it ([`Rule`]) is the evidence of the cut. Whether a line is *cut* or only
//!    marked is the cleaner's decision: what reads as a sentence (the house's background, a stock closing) is marked.
//! 2. The cleaner hands back what it saw ([`Observed`]): a hash for each line, and whether it stood at an edge of the
//!    body. The desk adds the day and the story, which makes an [`Observation`].
//! 3. At commit, in sequence order, [`Learning::learn`] adds it to its site (`site.rs`). At the end of a span of
//!    articles ([`copydesk_article::span_of`]) the sites that changed are closed into rows for the ledger and a new
//!    set of rules, which is used from two spans later.
//!
//! # What is counted
//!
//! - **Stories, not copies.** A story counts once a site, however often it is printed there: the desk names the first
//!   article of a cluster of copies or versions, and a site remembers its last 48 stories.
//! - **Days.** A line must recur on two days: the ten stories of one event may share a subheading.
//! - **A window.** Counts are of about the last 64 to 128 stories of the site: at 128 they are halved. A new design is
//!   known by lines that have stood in most stories *since they first came*, so it need not wait for the old one to fade;
//!   what was not seen for 64 stories is no rule any more.
//! - **Where the site is unknown**, the articles of a source make a pool: only edges count, twelve stories, three days.
//!   An article that wears the template of one known site ([`Rules::wearing`]) is cut by that site's rules, at the edges.
//!
//! The thresholds stand in `site.rs`, with the reasons.
//!
//! # Bounds
//!
//! A site keeps at most 512 lines ([`MOST_LINES`]), a pool the same; the desk at most 8,192 sites and 1,048,576 lines
//! (about 40 MB): beyond, the sites that were silent longest are forgotten, in an order that depends on the sequence
//! alone. An observation has at most [`MOST_OBSERVED`] lines.
//!
//! # Determinism
//!
//! Everything here is a function of the observations in sequence order. Hashes are XXH3, stable for ever. Rows hold
//! the whole state of a site at the end of an epoch; with the observations since, [`Learning::restore`] is where the
//! process before was, to the bit. For each site the two newest rows are kept: the articles in flight use the newest
//! epoch or the one before.

mod bytes;
mod learner;
mod learning;
mod line;
mod observation;
mod rules;
mod site;

pub use learner::{Closed, MOST_SITE_LINES, MOST_SITES, Row};
pub use learning::Learning;
pub use line::{Place, hash_lines, line_hash};
pub use observation::{MOST_OBSERVED, Observation, Observed, SeenLine, Site};
pub use rules::{Rule, Rules, SiteRules};
pub use site::MOST_LINES;
