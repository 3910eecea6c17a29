//! Scores: strict span and kind, as the shared task of CoNLL-2003 counts.

use std::collections::BTreeSet;

use copydesk_entities::tagger::Tagger;
use copydesk_entities::tagger::labels::KINDS;

use super::corpus::Text;

/// What was found, right and wrong, of one kind.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    right: usize,
    found: usize,
    there: usize,
}

impl Tally {
    fn f1(self) -> f64 {
        200.0 * self.right as f64 / (self.found + self.there).max(1) as f64
    }
}

/// One line: F1 over names of persons, organisations and places, and of each kind that the corpus labels.
pub(crate) fn score(tagger: &Tagger<'_>, texts: &[Text]) -> String {
    let mut tallies = [Tally::default(); KINDS.len()];
    for text in texts {
        let found: BTreeSet<_> =
            tagger.tag_text(&text.text).into_iter().map(|(b, kind)| (b.start, b.end, kind)).collect();
        let names = text.spans.iter().filter(|span| span.kinds.count_ones() == 1);
        let there: BTreeSet<_> =
            names.map(|span| (span.bytes.start, span.bytes.end, span.kinds.trailing_zeros() as usize)).collect();
        for &(start, end, kind) in &found {
            tallies[kind].found += 1;
            tallies[kind].right += usize::from(there.contains(&(start, end, kind)));
        }
        there.iter().for_each(|name| tallies[name.2].there += 1);
    }
    let three = tallies[..3].iter().fold(Tally::default(), |sum, tally| Tally {
        right: sum.right + tally.right,
        found: sum.found + tally.found,
        there: sum.there + tally.there,
    });
    let (p, r) = (three.right as f64 / three.found.max(1) as f64, three.right as f64 / three.there.max(1) as f64);
    let labelled = texts.first().map_or(0, |text| text.labelled);
    let kinds = (0..KINDS.len()).filter(|kind| labelled >> kind & 1 != 0);
    let each: Vec<String> = kinds.map(|kind| format!("{} {:.1}", KINDS[kind], tallies[kind].f1())).collect();
    format!("P {:.2} R {:.2} F1 {:.2} | {}", 100.0 * p, 100.0 * r, three.f1(), each.join("  "))
}
