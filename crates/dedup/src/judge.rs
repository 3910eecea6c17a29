//! The verdict about a text: original, copy, near copy or version.
//!
//! In this order: what stood at the address before ([`crate::version`]), who had the same text, who had nearly the
//! same text ([`crate::near`]). A stub is looked up at its own address only. Deterministic: the same sequence
//! against the same index gives the same verdicts, whatever the machine.

use copydesk_article::{ArticleId, Measure, Sequence};

use crate::compare::Finding;
use crate::fingerprint::Fingerprint;
use crate::index::{AddressRow, Changes, Holder, Index, Likeness, SketchRow, TextRow, Window};
use crate::near::{Candidate, candidates};
use crate::version::{Edition, Options, Revision, Step};

/// An article at its place in the sequence.
#[derive(Clone, Copy, Debug)]
pub struct Article<'a> {
    /// Its id.
    pub id: ArticleId,
    /// Its place.
    pub sequence: Sequence,
    /// The window its rows go to.
    pub window: Window,
    /// When it was fetched, in seconds since 1970.
    pub fetched: Option<i64>,
    /// Its text.
    pub text: &'a Fingerprint,
}

/// What an article is to those before it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Judgement {
    /// First of its kind.
    Original,
    /// The same text as the original of a cluster.
    Duplicate {
        /// The original.
        of: Holder,
        /// Where it was recognised: at its own address ([`Measure::Url`]) or anywhere ([`Measure::Text`]).
        measure: Measure,
    },
    /// Nearly the same text.
    NearDuplicate {
        /// The original.
        of: Holder,
        /// How near, and by which measure.
        likeness: Likeness,
    },
    /// A later text of the same document.
    Revision(Revision),
}

/// A verdict with what it adds to the index.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The verdict.
    pub judgement: Judgement,
    /// What becomes durable with it.
    pub changes: Changes,
}

/// Judges one article. The index must hold everything before it in sequence and nothing after.
///
/// # Errors
/// Where the index can't be read.
pub fn judge<I: Index>(index: &I, article: &Article<'_>, options: &Options) -> Result<Outcome, I::Error> {
    let holder = article.holder();
    let mut changes = article.no_changes();
    let Some(text) = article.text.text else {
        return Ok(Outcome { judgement: Judgement::Original, changes });
    };
    let edition = Edition { holder, fetched: article.fetched, text, sketch: &article.text.sketch };
    let mut address = None;
    if let Some(key) = article.text.address {
        let (judgement, row) = at_address(index, key, &edition, options)?;
        if let Some(judgement) = judgement {
            if let (Judgement::Revision(_), Some(row)) = (judgement, row) {
                revise(&mut changes, article, text, key, row);
            }
            return Ok(Outcome { judgement, changes });
        }
        address = Some((key, row.unwrap_or_else(|| AddressRow::new(&edition, holder))));
    }
    let known = index.text(text)?;
    let row = match known {
        Some(row) => row,
        None => {
            let nearest = candidates(index, article.text)?.into_iter().next();
            let copied = nearest.filter(|nearest| matches!(nearest.finding, Finding::Copy { .. }));
            if copied.as_ref().is_none_or(Candidate::is_mostly_own) {
                changes.anchors = article.text.anchors.iter().map(|anchor| anchor.key).collect();
            }
            let row = row_of(copied.as_ref(), holder);
            changes.text = Some((text, row));
            row
        }
    };
    let TextRow { original, likeness } = row;
    let judgement = match likeness {
        Some(likeness) => Judgement::NearDuplicate { of: original, likeness },
        None if original == holder => Judgement::Original,
        None => Judgement::Duplicate { of: original, measure: Measure::Text },
    };
    if !changes.anchors.is_empty() || address.is_some() {
        changes.sketch = Some(sketch_of(article, (original != holder).then_some(original)));
    }
    changes.address = address.map(|(key, row)| (key, AddressRow { original, ..row }));
    Ok(Outcome { judgement, changes })
}

/// Judges an article whose id is known: the same source gave the same bytes before. That is nothing new (and none),
/// unless another version has stood at its address since: then the document has returned to this text.
///
/// # Errors
/// Where the index can't be read.
pub fn judge_again<I: Index>(index: &I, article: &Article<'_>, options: &Options) -> Result<Option<Outcome>, I::Error> {
    let (Some(text), Some(key)) = (article.text.text, article.text.address) else { return Ok(None) };
    let holder = article.holder();
    let Some(before) = index.address(key)? else { return Ok(None) };
    if before.current.id == article.id {
        return Ok(None);
    }
    let edition = Edition { holder, fetched: article.fetched, text, sketch: &article.text.sketch };
    let (step, row) = before.step(&edition, None, options);
    let Step::Revision(revision) = step else { return Ok(None) };
    if revision.returns_to.is_none() {
        return Ok(None);
    }
    let mut changes = article.no_changes();
    revise(&mut changes, article, text, key, row);
    Ok(Some(Outcome { judgement: Judgement::Revision(revision), changes }))
}

fn revise(changes: &mut Changes, article: &Article<'_>, text: u128, key: u128, row: AddressRow) {
    changes.text = Some((text, TextRow { original: row.original, likeness: None }));
    changes.sketch = Some(sketch_of(article, Some(row.original)));
    changes.address = Some((key, row));
}

impl Article<'_> {
    /// The article as rows name it.
    #[must_use]
    pub const fn holder(&self) -> Holder {
        Holder { id: self.id, sequence: self.sequence }
    }

    /// Changes that add nothing.
    #[must_use]
    pub const fn no_changes(&self) -> Changes {
        Changes {
            sequence: self.sequence,
            window: self.window,
            text: None,
            anchors: Vec::new(),
            sketch: None,
            address: None,
        }
    }
}

/// What the address says, if it decides, and its row after this article, if something stood there.
fn at_address<I: Index>(
    index: &I,
    key: u128,
    edition: &Edition<'_>,
    options: &Options,
) -> Result<(Option<Judgement>, Option<AddressRow>), I::Error> {
    let Some(before) = index.address(key)? else {
        return Ok((None, None));
    };
    let current = index.sketches(&[before.compared_with()])?.pop().flatten();
    let (step, after) = before.step(edition, current.as_ref().map(|row| &row.sketch), options);
    let judgement = match step {
        Step::Unchanged => Some(Judgement::Duplicate { of: before.original, measure: Measure::Url }),
        Step::Revision(revision) => Some(Judgement::Revision(revision)),
        Step::Another | Step::Rolling => None,
    };
    Ok((judgement, Some(after)))
}

/// The row of a text that is met for the first time.
fn row_of(copied: Option<&Candidate>, holder: Holder) -> TextRow {
    match copied.map(|copied| (copied.original, copied.finding)) {
        Some((original, Finding::Copy { similarity, measure })) => {
            TextRow { original, likeness: Some(Likeness { similarity, measure }) }
        }
        _ => TextRow { original: holder, likeness: None },
    }
}

fn sketch_of(article: &Article<'_>, of: Option<Holder>) -> SketchRow {
    SketchRow { id: article.id, of, sketch: article.text.sketch.clone() }
}
