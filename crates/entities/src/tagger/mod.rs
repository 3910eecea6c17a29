//! The tagger: which words of an article are names, and of what kind.
//!
//! A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) over hashed features, as trained by
//! `copydesk-trainer ner`. Beside the usual windows of words, shapes and affixes it sees clusters of words
//! ([`lists`]), names of known things, and what the whole article tells of a word (`article`). The way of an article:
//! its tokens become forms, each form gets its scores once (`features`, [`model`]), every token adds up those around it
//! and those of its place, and each line gets the best labels (`decode`). Scores that hang on no article are kept for the
//! next one (`memory`); features are looked up together (`batch`).
//!
//! [`Tagger`] holds a model; [`Desk`] is the room it works in, used again for every article so that nothing is allocated
//! a token. [`Trainee`] shows the trainer the same features.

mod article;
mod batch;
mod decode;
mod features;
mod form;
pub mod hash;
pub mod labels;
pub mod lists;
mod memory;
pub mod model;
pub mod table;
mod vote;

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

use article::{Article, Group};
use batch::Batch;
use decode::Transitions;
use features::{DISTANCES, HERE, On};
use form::Form;
use labels::{KINDS, Place, WIDTH, label, parts};
use lists::Lists;
use memory::{Memory, Rows, Sums};
use model::Model;

use crate::date::date_at;
use crate::money::money_at;
use crate::reading::Reading;
use crate::token::{Kind, Shape, Token, tokenise};

/// A name found: tokens, half-open, and its kind ([`KINDS`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    pub(crate) first: usize,
    pub(crate) end: usize,
    pub(crate) kind: usize,
}

/// A model with the lists it was learned with, ready to tag.
#[derive(Clone, Debug)]
pub struct Tagger<'a> {
    /// Tells taggers apart in what a [`Desk`] remembers; from 1.
    number: u32,
    model: Model<'a>,
    lists: Lists<'a>,
    transitions: Transitions,
}

/// Room to tag in.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    memory: Memory,
    frames: Sums,
    article: Article,
    by_form: Vec<Rows>,
    scores: Vec<[i16; WIDTH]>,
    back: Vec<[u8; WIDTH]>,
    labels: Vec<u8>,
}

impl<'a> Tagger<'a> {
    /// A tagger of a model and the lists.
    #[must_use]
    pub fn new(model: Model<'a>, lists: Lists<'a>) -> Self {
        static TAGGERS: AtomicU32 = AtomicU32::new(1);
        let number = TAGGERS.fetch_add(1, Ordering::Relaxed);
        Self { number, model, lists, transitions: Transitions::of(&model) }
    }

    /// The model.
    #[must_use]
    pub const fn model(&self) -> &Model<'a> {
        &self.model
    }

    /// Whether the words of an article that are no names are English, as far as its word clusters know English: nearly
    /// all of them, or there are too few to tell.
    pub(crate) fn could_read(&self, tokens: &[Token<'_>]) -> bool {
        let (mut words, mut known, mut letters, mut latin) = (0_usize, 0_usize, 0_usize, 0_usize);
        for token in tokens.iter().filter(|token| token.kind == Kind::Word) {
            letters += 1;
            latin += usize::from(token.text.chars().all(|c| c < '\u{250}' || !c.is_alphabetic()));
            if token.shape == Shape::Lower && token.text.len() > 1 {
                words += 1;
                known += usize::from(self.lists.clusters(word_hash(token.text)).is_some());
            }
        }
        letters == latin && 10 * known >= 9 * words
    }

    /// Finds the names among the tokens of an article (all fields, one after the other), in order.
    pub(crate) fn tag(&self, tokens: &[Token<'_>], desk: &mut Desk, names: &mut Vec<Tagged>) {
        names.clear();
        self.read(tokens, desk);
        self.score(desk);
        for line in &desk.article.lines {
            self.transitions.best(&desk.scores[line.clone()], &mut desk.back, &mut desk.labels);
            collect(line.start, &desk.labels, names);
        }
        vote::settle(names, desk);
    }

    /// The names in a text with the bytes they stand in and their kinds ([`labels::KINDS`]), in order.
    #[must_use]
    pub fn tag_text(&self, text: &str) -> Vec<(Range<usize>, usize)> {
        let (tokens, mut names) = (tokenise(text), Vec::new());
        self.tag(&tokens, &mut Desk::default(), &mut names);
        let bytes = |name: &Tagged| {
            let last = &tokens[name.end - 1];
            tokens[name.first].byte..last.byte + last.text.len()
        };
        names.iter().map(|name| (bytes(name), name.kind)).collect()
    }

    /// Reads an article, with the scores of its forms as far as they hang on the form alone.
    fn read(&self, tokens: &[Token<'_>], desk: &mut Desk) {
        let Desk { memory, article, by_form, .. } = desk;
        let (nowhere, untold) = (Article::default(), Group::default());
        by_form.clear();
        article.read(tokens, &self.lists, |token, hash, folded| {
            let mut rows = [[0; WIDTH]; DISTANCES];
            let find = |rows: &mut Rows| {
                let form = Form::of(token, &self.lists, folded);
                for (distance, row) in rows.iter_mut().enumerate() {
                    let mut batch = Batch::new();
                    features::of_form(&nowhere, &form, &untold, distance, batch.take(On::Form));
                    self.model.add_all(batch.features(), row);
                }
                form
            };
            let form = memory.recall(self.number, token, hash, find, &mut rows);
            by_form.push(rows);
            form
        });
    }

    fn score(&self, desk: &mut Desk) {
        let Desk { frames, article, by_form, scores, .. } = desk;
        let mut batch = Batch::new();
        for (form, rows) in article.forms.iter().zip(by_form.iter_mut()) {
            let group = &article.groups[form.group as usize];
            for distance in [HERE - 1, HERE, HERE + 1] {
                batch.clear();
                features::of_form(article, form, group, distance, batch.take(On::Article));
                self.model.add_all(batch.features(), &mut rows[distance]);
            }
        }
        scores.clear();
        for line in &article.lines {
            for at in line.clone() {
                let frame = |sum: &mut [i16; WIDTH]| {
                    let mut batch = Batch::new();
                    features::of_place(article, at, batch.take(On::Frame));
                    self.model.add_all(batch.features(), sum);
                };
                let mut sums = *frames.recall(self.number, features::frame(article, at), frame);
                let seen = (0..DISTANCES).filter_map(|distance| Some((distance, neighbour(line, at, distance)?)));
                for (distance, neighbour) in seen {
                    sums = plus(sums, &by_form[article.form_of[neighbour] as usize][distance]);
                }
                batch.clear();
                features::of_place(article, at, batch.take(On::Place));
                self.model.add_all(batch.features(), &mut sums);
                scores.push(sums);
            }
        }
    }
}

impl Desk {
    /// How well each kind fits the tokens as one name, by the scores of the article tagged last.
    fn kind_scores(&self, name: &Tagged) -> [i32; KINDS.len()] {
        let Tagged { first, end, .. } = *name;
        std::array::from_fn(|kind| {
            let one = |at: usize| {
                let place = match (at == first, at + 1 == end) {
                    (true, true) => Place::Single,
                    (true, false) => Place::Begin,
                    (false, true) => Place::End,
                    (false, false) => Place::Inside,
                };
                self.scores.get(at).map_or(0, |scores| i32::from(scores[label(kind, place)]))
            };
            (first..end).map(one).sum()
        })
    }
}

impl Desk {
    /// A number for the written name, whatever its case.
    fn name_hash(&self, name: &Tagged) -> u32 {
        (name.first..name.end).map(|at| self.article.form(at).folded).reduce(hash::pair).unwrap_or(0)
    }
}

/// The token at a distance, if it is in the line.
fn neighbour(line: &Range<usize>, at: usize, distance: usize) -> Option<usize> {
    (at + distance).checked_sub(HERE).filter(|neighbour| line.contains(neighbour))
}

fn plus(mut sums: [i16; WIDTH], row: &[i16; WIDTH]) -> [i16; WIDTH] {
    for (sum, &weight) in sums.iter_mut().zip(row) {
        *sum = sum.wrapping_add(weight);
    }
    sums
}

/// Notes the names that the labels of a line make.
fn collect(start: usize, labels: &[u8], names: &mut Vec<Tagged>) {
    let mut first = start;
    for (at, &number) in labels.iter().enumerate() {
        let Some((kind, place)) = parts(usize::from(number)) else { continue };
        let at = start + at;
        if matches!(place, Place::Begin | Place::Single) {
            first = at;
        }
        if matches!(place, Place::End | Place::Single) {
            names.push(Tagged { first, end: at + 1, kind });
        }
    }
}

/// An article as the trainer sees it: its tokens' places, and the features of each.
#[derive(Debug, Default)]
pub struct Trainee {
    article: Article,
    /// Bytes of each token in the text.
    pub tokens: Vec<Range<usize>>,
}

impl Trainee {
    /// Reads an article, one text with its headline, if any, as the first line.
    pub fn read(&mut self, text: &str, lists: &Lists<'_>) {
        let tokens = tokenise(text);
        self.tokens.clear();
        self.tokens.extend(tokens.iter().map(|token| token.byte..token.byte + token.text.len()));
        self.article.read(&tokens, lists, |token, _, folded| Form::of(token, lists, folded));
    }

    /// The lines, as ranges of tokens.
    #[must_use]
    pub fn lines(&self) -> &[Range<usize>] {
        &self.article.lines
    }

    /// Number of written forms.
    #[must_use]
    pub fn forms(&self) -> usize {
        self.article.forms.len()
    }

    /// The features of a form at a distance below [`Trainee::DISTANCES`].
    pub fn form_features(&self, form: usize, distance: usize, mut emit: impl FnMut(u32)) {
        let form = &self.article.forms[form];
        let group = &self.article.groups[form.group as usize];
        features::of_form(&self.article, form, group, distance, |_, feature| emit(feature));
    }

    /// The features of a token's place.
    pub fn place_features(&self, at: usize, mut emit: impl FnMut(u32)) {
        features::of_place(&self.article, at, |_, feature| emit(feature));
    }

    /// Distances at which a token looks at forms.
    pub const DISTANCES: usize = DISTANCES;

    /// The form that the token at `at` of a line sees at a distance, if any.
    #[must_use]
    pub fn form_at(&self, line: &Range<usize>, at: usize, distance: usize) -> Option<usize> {
        neighbour(line, at, distance).map(|at| self.article.form_of[at] as usize)
    }
}

/// The dates and amounts of money that plain rules find in an English text, with their kinds: teachers for corpora that
/// label neither.
#[must_use]
pub fn by_rule(text: &str) -> Vec<(Range<usize>, usize)> {
    const DATE: usize = 4;
    const MONEY: usize = 5;
    let reading = Reading::of(text);
    let (mut found, mut at) = (Vec::new(), 0);
    while at < reading.len() {
        let money = money_at(&reading, at).map(|end| (end, MONEY));
        let Some((end, kind)) = money.or_else(|| date_at(&reading, at).map(|end| (end, DATE))) else {
            at += 1;
            continue;
        };
        let last = &reading.tokens[end - 1];
        found.push((reading.tokens[at].byte..last.byte + last.text.len(), kind));
        at = end;
    }
    found
}

/// The hash of a word as the lists know it: of its folded characters, digits alike.
#[must_use]
pub fn word_hash(word: &str) -> u32 {
    let mut folded = String::new();
    form::fold_into(word, &mut folded);
    hash::of_bytes(folded.as_bytes())
}

/// The hash of a name as the lists know it, by the words that it is cut into.
#[must_use]
pub fn phrase_hashes(name: &str) -> Vec<u32> {
    let mut hashes: Vec<u32> = Vec::new();
    for token in tokenise(name) {
        let word = word_hash(token.text);
        hashes.push(hashes.last().map_or(word, |&before| hash::pair(before, word)));
    }
    hashes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_become_names() {
        let mut names = Vec::new();
        let labels =
            [0, label(0, Place::Begin), label(0, Place::Inside), label(0, Place::End), label(2, Place::Single)];
        collect(10, &labels.map(|label| label as u8), &mut names);
        assert_eq!(names, [Tagged { first: 11, end: 14, kind: 0 }, Tagged { first: 14, end: 15, kind: 2 }]);
    }
}
