//! Examples: texts as rows of the weights that their tokens add up, and the labels that each token may have.
//!
//! Features are counted first. Those seen less than a few times get no row: learning them would be learning by heart.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use copydesk_entities::tagger::Trainee;
use copydesk_entities::tagger::labels::{KINDS, LABELS, OUTSIDE, Place, label};
use copydesk_entities::tagger::lists::Lists;

use super::corpus::Text;

/// A feature's hash is one already.
#[derive(Default)]
pub(crate) struct Same(u64);

impl Hasher for Same {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0 << 8 | u64::from(byte);
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

/// Numbers by feature.
type ByFeature = HashMap<u32, u32, BuildHasherDefault<Same>>;

/// Features that have a row, in the order of their first sight.
#[derive(Default)]
pub(crate) struct Vocabulary {
    numbers: ByFeature,
    /// The feature of each row.
    pub(crate) features: Vec<u32>,
}

impl Vocabulary {
    /// Counts the features of the texts; those seen often enough get rows.
    pub(crate) fn of(texts: &[Text], lists: &Lists<'_>, at_least: u32) -> Self {
        let mut counts = ByFeature::default();
        let mut order = Vec::new();
        let mut trainee = Trainee::default();
        let mut count = |feature: u32| {
            let count = counts.entry(feature).or_insert(0);
            *count += 1;
            if *count == at_least {
                order.push(feature);
            }
        };
        for text in texts {
            trainee.read(&text.text, lists);
            for form in 0..trainee.forms() {
                for distance in 0..Trainee::DISTANCES {
                    trainee.form_features(form, distance, &mut count);
                }
            }
            for at in 0..trainee.tokens.len() {
                trainee.place_features(at, &mut count);
            }
        }
        let numbers = order.iter().enumerate().map(|(row, &feature)| (feature, row as u32)).collect();
        Self { numbers, features: order }
    }

    fn row(&self, feature: u32) -> Option<u32> {
        self.numbers.get(&feature).copied()
    }
}

/// Lists of rows, one after the other.
#[derive(Default)]
struct Rows {
    rows: Vec<u32>,
    ends: Vec<u32>,
}

impl Rows {
    fn close(&mut self) {
        self.ends.push(self.rows.len() as u32);
    }

    fn get(&self, n: usize) -> &[u32] {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.rows[start as usize..self.ends[n] as usize]
    }

    /// Leaves the rows that get a new number.
    fn renumber(&mut self, numbers: &[Option<u32>]) {
        let (mut kept, mut start) = (Vec::with_capacity(self.rows.len()), 0);
        for end in &mut self.ends {
            kept.extend(self.rows[start..*end as usize].iter().filter_map(|&row| numbers[row as usize]));
            start = *end as usize;
            *end = kept.len() as u32;
        }
        kept.shrink_to_fit();
        self.rows = kept;
    }
}

/// One text to learn from.
pub(crate) struct Example {
    by_form: Rows,
    by_place: Rows,
    /// The form that each token sees at each distance.
    forms: Vec<[u32; Trainee::DISTANCES]>,
    /// Lines, as ranges of tokens.
    pub(crate) lines: Vec<Range<usize>>,
    /// The labels that each token may have, as a set.
    pub(crate) allowed: Vec<u32>,
    /// How much learning listens to it.
    pub(crate) weight: f32,
}

/// No form stands there.
const NONE: u32 = u32::MAX;

impl Example {
    /// Reads a text.
    pub(crate) fn of(text: &Text, lists: &Lists<'_>, vocabulary: &Vocabulary, trainee: &mut Trainee) -> Self {
        trainee.read(&text.text, lists);
        let (mut by_form, mut by_place) = (Rows::default(), Rows::default());
        for form in 0..trainee.forms() {
            for distance in 0..Trainee::DISTANCES {
                trainee.form_features(form, distance, |feature| by_form.rows.extend(vocabulary.row(feature)));
                by_form.close();
            }
        }
        for at in 0..trainee.tokens.len() {
            trainee.place_features(at, |feature| by_place.rows.extend(vocabulary.row(feature)));
            by_place.close();
        }
        let forms = trainee.lines().iter().flat_map(|line| {
            let trainee = &*trainee;
            line.clone().map(move |at| {
                std::array::from_fn(|distance| trainee.form_at(line, at, distance).map_or(NONE, |form| form as u32))
            })
        });
        Self {
            forms: forms.collect(),
            by_form,
            by_place,
            lines: trainee.lines().to_vec(),
            allowed: allowed(text, &trainee.tokens),
            weight: text.weight,
        }
    }

    /// The rows that a token adds up, list by list.
    pub(crate) fn rows(&self, at: usize, mut each: impl FnMut(&[u32])) {
        for (distance, &form) in self.forms[at].iter().enumerate().filter(|(_, form)| **form != NONE) {
            each(self.by_form.get(form as usize * Trainee::DISTANCES + distance));
        }
        each(self.by_place.get(at));
    }

    /// Leaves the rows that get a new number.
    pub(crate) fn renumber(&mut self, numbers: &[Option<u32>]) {
        self.by_form.renumber(numbers);
        self.by_place.renumber(numbers);
    }
}

/// The labels that each token may have.
fn allowed(text: &Text, tokens: &[Range<usize>]) -> Vec<u32> {
    let places = [Place::Begin, Place::Inside, Place::End, Place::Single];
    let open = (0..KINDS.len()).filter(|kind| text.labelled >> kind & 1 == 0);
    let unlabelled = open.flat_map(|kind| places.map(|place| 1_u32 << label(kind, place)));
    let outside = unlabelled.fold(1 << OUTSIDE, |set, label| set | label);
    let mut allowed = vec![outside; tokens.len()];
    let mut first = 0;
    for span in text.spans.iter().filter(|span| span.kinds != 0) {
        while first < tokens.len() && tokens[first].end <= span.bytes.start {
            first += 1;
        }
        let mut end = first;
        while end < tokens.len() && tokens[end].start < span.bytes.end {
            end += 1;
        }
        for (at, allowed) in allowed.iter_mut().enumerate().take(end).skip(first) {
            let place = match (at == first, at + 1 == end) {
                (true, true) => Place::Single,
                (true, false) => Place::Begin,
                (false, true) => Place::End,
                (false, false) => Place::Inside,
            };
            let kinds = (0..KINDS.len()).filter(|kind| span.kinds >> kind & 1 != 0);
            *allowed = kinds.fold(0, |set, kind| set | 1 << label(kind, place));
        }
        first = end;
    }
    debug_assert!(allowed.iter().all(|&set| set != 0 && set >> LABELS == 0));
    allowed
}

#[cfg(test)]
mod tests {
    use super::super::corpus::{Span, kinds_by_name};
    use super::*;

    #[test]
    fn names_fix_labels_and_unlabelled_kinds_leave_them_open() {
        let text = Text {
            text: "Anna Blom rang".to_owned(),
            spans: vec![Span { bytes: 0..9, kinds: 1 }],
            labelled: kinds_by_name("PER,ORG,LOC,NORP,DATE,MISC").expect("kinds"),
            weight: 1.0,
        };
        let allowed = allowed(&text, &[0..4, 5..9, 10..14]);
        assert_eq!(allowed[0], 1 << label(0, Place::Begin));
        assert_eq!(allowed[1], 1 << label(0, Place::End));
        assert_eq!(allowed[2].count_ones(), 5, "outside, or an amount of money");
    }

    #[test]
    fn rows_are_left_and_numbered_anew() {
        let mut rows = Rows { rows: vec![0, 1, 2, 2, 0], ends: vec![3, 3, 5] };
        rows.renumber(&[Some(1), None, Some(0)]);
        assert_eq!((rows.get(0), rows.get(1), rows.get(2)), (&[1, 0][..], &[][..], &[0, 1][..]));
    }
}
