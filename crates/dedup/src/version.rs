//! Versions: what a text means at an address where something stood before.
//!
//! | the new text | means |
//! |---|---|
//! | is the current one | nothing new: a duplicate |
//! | is an earlier one | a revision back to it |
//! | shares at least [`Options::overlap`] with the current one | a revision |
//! | shares less | another article at the same address: a new document |
//! | shares less, [`Options::rolling_after`] times running | the address is *rolling* (a live blog, a section front): nothing is chained there any more |
//! | was fetched before the current one | the same, but it never becomes current |
//!
//! A revision within [`Options::burst_secs`] of the one before takes its number: an editor's burst of corrections
//! is one version. Pure functions; the row is kept by the index.

use copydesk_article::{ArticleId, Sequence};

use crate::align::Aligner;
use crate::compare::Comparison;
use crate::index::{AddressRow, Holder};
use crate::sketch::Sketch;

/// Text keys remembered of one document, for returns to an earlier text.
const REMEMBERED: usize = 8;

/// What makes a version.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Least share of either text that stands in the other, 0 to 1.
    pub overlap: f64,
    /// Entirely new texts in a row after which an address is rolling.
    pub rolling_after: u8,
    /// Revisions closer together, in seconds, are one version; 0 keeps all apart.
    pub burst_secs: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { overlap: 0.3, rolling_after: 3, burst_secs: 0 }
    }
}

/// An article that arrived at an address.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    /// The article.
    pub holder: Holder,
    /// When it was fetched, in seconds since 1970.
    pub fetched: Option<i64>,
    /// Key of its text.
    pub text: u128,
    /// Its text.
    pub sketch: &'a Sketch,
}

/// A version of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// The version that was current before.
    pub of: Holder,
    /// Id of the first version.
    pub document: ArticleId,
    /// Its number, from 1; the same as the one before in a burst.
    pub version: u32,
    /// Whether it is the newest text; an older backfill is not.
    pub is_current: bool,
    /// The version whose text it returns to.
    pub returns_to: Option<u32>,
}

/// What a text means at its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The text that stands there already.
    Unchanged,
    /// A version of the document there.
    Revision(Revision),
    /// Another article: the text is to be judged like one at a new address.
    Another,
    /// The address changes entirely all the time: the text is to be judged as if it had none.
    Rolling,
}

impl AddressRow {
    /// The row of an address where nothing stood before.
    #[must_use]
    pub fn new(edition: &Edition<'_>, original: Holder) -> Self {
        Self {
            document: edition.holder.id,
            original,
            versions: 1,
            current: edition.holder,
            fetched: edition.fetched,
            texts: vec![(edition.text, 1)],
            turnovers: 0,
        }
    }

    /// The sequence whose sketch [`Self::step`] compares with.
    #[must_use]
    pub const fn compared_with(&self) -> Sequence {
        self.current.sequence
    }

    /// What a text means here, and the row after it. `current` is the sketch of the current version, if it has not
    /// expired; without it any changed text is another article.
    #[must_use]
    pub fn step(&self, edition: &Edition<'_>, current: Option<&Sketch>, options: &Options) -> (Step, Self) {
        let mut row = self.clone();
        if self.texts.last().is_some_and(|(text, _)| *text == edition.text) {
            return (Step::Unchanged, row);
        }
        if self.turnovers >= options.rolling_after {
            row.current = edition.holder;
            row.texts = vec![(edition.text, 1)];
            return (Step::Rolling, row);
        }
        let known = self.texts.iter().find(|(text, _)| *text == edition.text).map(|(_, version)| *version);
        let overlap = current.map_or(0.0, |current| overlap(edition.sketch, current));
        if known.is_none() && overlap < options.overlap {
            row = Self::new(edition, edition.holder);
            row.turnovers = self.turnovers + 1;
            let step = if row.turnovers >= options.rolling_after { Step::Rolling } else { Step::Another };
            return (step, row);
        }
        let age = self.fetched.zip(edition.fetched).map(|(before, now)| now - before);
        let is_current = age.is_none_or(|age| age >= 0);
        let burst = age.is_some_and(|age| age.unsigned_abs() < u64::from(options.burst_secs));
        row.versions += u32::from(!burst);
        row.turnovers = 0;
        let revision = Revision {
            of: self.current,
            document: self.document,
            version: row.versions,
            is_current,
            returns_to: known.filter(|_| is_current),
        };
        row.texts.retain(|(text, _)| *text != edition.text);
        let at = if is_current { row.texts.len() } else { row.texts.len().saturating_sub(1) };
        row.texts.insert(at, (edition.text, row.versions));
        if row.texts.len() > REMEMBERED {
            row.texts.remove(0);
        }
        if is_current {
            row.current = edition.holder;
            row.fetched = edition.fetched;
        }
        (Step::Revision(revision), row)
    }
}

fn overlap(new: &Sketch, current: &Sketch) -> f64 {
    let tokens = new.tokens();
    Comparison::new(&Aligner::new(tokens), tokens, current.tokens(), &[]).containment()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options { overlap: 0.3, rolling_after: 2, burst_secs: 60 };

    /// A text of a hundred words, of which those from `from` on are of this story.
    fn text(story: &str, from: usize) -> Sketch {
        Sketch::of(
            &(0..100).map(|n| if n < from { format!("first{n} ") } else { format!("{story}{n} ") }).collect::<String>(),
        )
    }

    fn edition(sequence: u64, fetched: i64, key: u128, sketch: &Sketch) -> Edition<'_> {
        let id = ArticleId::of("test", None, &sequence.to_be_bytes());
        Edition { holder: Holder { id, sequence: Sequence(sequence) }, fetched: Some(fetched), text: key, sketch }
    }

    fn row(edition: &Edition<'_>) -> AddressRow {
        AddressRow::new(edition, edition.holder)
    }

    #[test]
    fn changed_texts_are_versions_and_a_return_is_one_too() {
        let (old, new) = (text("first", 0), text("later", 40));
        let first = edition(1, 0, 10, &old);
        let (step, row) = row(&first).step(&edition(2, 100, 20, &new), Some(&old), &OPTIONS);
        let revision =
            Revision { of: first.holder, document: first.holder.id, version: 2, is_current: true, returns_to: None };
        assert_eq!(step, Step::Revision(revision));
        let (step, row) = row.step(&edition(3, 200, 20, &new), Some(&new), &OPTIONS);
        assert_eq!(step, Step::Unchanged);
        let (step, row) = row.step(&edition(4, 300, 10, &old), Some(&new), &OPTIONS);
        assert!(matches!(step, Step::Revision(Revision { version: 3, is_current: true, returns_to: Some(1), .. })));
        assert_eq!((row.current.sequence, row.document), (Sequence(4), first.holder.id));
    }

    #[test]
    fn an_older_backfill_never_becomes_current() {
        let (old, new) = (text("first", 0), text("later", 40));
        let first = edition(1, 500, 10, &new);
        let (step, row) = row(&first).step(&edition(2, 100, 20, &old), Some(&new), &OPTIONS);
        assert!(matches!(step, Step::Revision(Revision { version: 2, is_current: false, .. })));
        assert_eq!((row.current, row.fetched), (first.holder, Some(500)));
        let (step, _) = row.step(&edition(3, 600, 10, &new), Some(&new), &OPTIONS);
        assert_eq!(step, Step::Unchanged, "the current text is still the one there");
    }

    #[test]
    fn a_burst_of_corrections_is_one_version() {
        let (old, new, newer) = (text("first", 0), text("later", 40), text("last", 50));
        let (_, row) = row(&edition(1, 0, 10, &old)).step(&edition(2, 100, 20, &new), Some(&old), &OPTIONS);
        let (step, row) = row.step(&edition(3, 130, 30, &newer), Some(&new), &OPTIONS);
        assert!(matches!(step, Step::Revision(Revision { version: 2, is_current: true, .. })));
        assert_eq!(row.current.sequence, Sequence(3));
    }

    #[test]
    fn an_address_that_changes_entirely_is_rolling() {
        let texts = [text("a", 0), text("b", 0), text("c", 0), text("d", 0)];
        let (step, row) =
            row(&edition(1, 0, 1, &texts[0])).step(&edition(2, 100, 2, &texts[1]), Some(&texts[0]), &OPTIONS);
        assert_eq!((step, row.document), (Step::Another, edition(2, 100, 2, &texts[1]).holder.id));
        let (step, row) = row.step(&edition(3, 200, 3, &texts[2]), Some(&texts[1]), &OPTIONS);
        assert_eq!(step, Step::Rolling);
        let mended = text("c", 10);
        let (step, _) = row.step(&edition(4, 300, 4, &mended), Some(&texts[2]), &OPTIONS);
        assert_eq!(step, Step::Rolling, "nothing is chained there any more");
    }

    #[test]
    fn many_versions_are_not_all_remembered() {
        let sketch = text("first", 0);
        let mut row = row(&edition(1, 0, 1, &sketch));
        for n in 2..40 {
            (_, row) = row.step(&edition(n, n as i64 * 1000, n.into(), &sketch), Some(&sketch), &OPTIONS);
        }
        assert_eq!((row.versions, row.texts.len()), (39, REMEMBERED));
    }
}
