//! Finding the originals that a text may be a copy of, and looking at each.
//!
//! Originals that share an anchor with the text are its candidates, ranked by the sum over shared anchors of one
//! over how many originals have it: a shingle that two share says more than one that eight do (inverse document
//! frequency). The best [`MAX_CANDIDATES`] are compared in full.
//!
//! A copy is compared with its cluster's original, so clusters do not drift. There is one exception: a copy that is
//! mostly text of its own ([`Candidate::is_mostly_own`]) goes into the index too. It does two things there. A full
//! story that came after its own trimmed copy stands for the cluster, to texts that *resemble* it; being contained
//! in it or containing it is not enough. And it counts: where the "original" is little but a site's furniture, every
//! page of the site contains it, and only when eight such pages, unlike each other, are in the index is the furniture
//! known as such. If copies were not counted, one bare page would swallow its site for ever.

use copydesk_article::{Measure, Sequence};
use foldhash::{HashMap, HashMapExt};

use crate::align::Aligner;
use crate::anchor::{Anchor, SHINGLE};
use crate::compare::{Comparison, Finding};
use crate::fingerprint::Fingerprint;
use crate::index::{Holder, Index, MAX_HOLDERS};
use crate::token::Token;

/// Most originals that a text is compared with, …
pub const MAX_CANDIDATES: usize = 5;

/// … and most of those that share one anchor alone, which in a large index some always do by chance. Of 27,344 real
/// articles 6 of 1,120 matches go with none, most of them copies as far as they could be told, and 2 with one, of which one
/// is a copy; five find no more than two (`copydesk-bench predict neardup`).
pub const MAX_CHANCES: usize = 2;

/// An anchor that is all two texts share stands in a run of at least so many equal tokens, or they are not compared. Two
/// in three such pairs have met in a phrase (of 655 in 2,962 labelled articles 426, none of them a copy; of the 1,120
/// matches above one, the same news in other words), and in a large index they would be most of what is compared.
const CHANCE_RUN: usize = SHINGLE + 2;

/// An original that shares anchors with a text, and what comparing them said.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The original of its cluster.
    pub original: Holder,
    /// The article compared with: the original, or a copy that stands for its cluster.
    pub article: Holder,
    /// What they share and what not; `left` is the text asked about.
    pub comparison: Comparison,
    /// What that comes to.
    pub finding: Finding,
}

impl Candidate {
    /// Whether the text asked about is a copy, and more than half of it stands nowhere in what it copies.
    #[must_use]
    pub fn is_mostly_own(&self) -> bool {
        self.comparison.left_share < 0.5
    }
}

/// The originals nearest to a text, compared; the likeliest first.
///
/// # Errors
/// Where the index can't be read.
pub fn candidates<I: Index>(index: &I, text: &Fingerprint) -> Result<Vec<Candidate>, I::Error> {
    let keys: Vec<u64> = text.anchors.iter().map(|anchor| anchor.key).collect();
    let holders = index.holders(&keys)?;
    let ranked = ranked(&holders);
    if ranked.is_empty() {
        return Ok(Vec::new());
    }
    let tokens = text.sketch.tokens();
    let aligner = Aligner::new(tokens);
    let furniture = furniture(&text.anchors, &holders, tokens.len());
    let mut found = Vec::with_capacity(ranked.len());
    let sequences: Vec<Sequence> = ranked.iter().map(|ranked| ranked.sequence).collect();
    for (ranked, row) in ranked.iter().zip(index.sketches(&sequences)?) {
        // A text can expire before the anchors that lead to it.
        let Some(row) = row else { continue };
        if ranked.shared == 1 && !in_a_run(tokens, text.anchors[ranked.anchor].at as usize, row.sketch.tokens()) {
            continue;
        }
        let comparison = Comparison::new(&aligner, tokens, row.sketch.tokens(), &furniture);
        let finding = match comparison.finding() {
            Finding::Copy { measure: Measure::Containment, .. } if row.of.is_some() => Finding::TooLittle,
            finding => finding,
        };
        let article = Holder { id: row.id, sequence: ranked.sequence };
        found.push(Candidate { original: row.of.unwrap_or(article), article, comparison, finding });
    }
    let likeness = |candidate: &Candidate| match candidate.finding {
        Finding::Copy { .. } => 2.0 + candidate.comparison.left_share + candidate.comparison.right_share,
        _ => candidate.comparison.containment(),
    };
    found.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)).then(a.article.sequence.cmp(&b.article.sequence)));
    Ok(found)
}

/// An original that shares anchors with a text.
#[derive(Clone, Copy)]
struct Ranked {
    sequence: Sequence,
    score: f64,
    /// How many anchors they share, …
    shared: usize,
    /// … and one of them.
    anchor: usize,
}

fn ranked(holders: &[Vec<Sequence>]) -> Vec<Ranked> {
    let mut all: HashMap<Sequence, Ranked> = HashMap::new();
    for (anchor, holders) in holders.iter().enumerate().filter(|(_, holders)| holders.len() < MAX_HOLDERS) {
        for holder in holders {
            let ranked = all.entry(*holder).or_insert(Ranked { sequence: *holder, score: 0.0, shared: 0, anchor });
            ranked.score += 1.0 / holders.len() as f64;
            ranked.shared += 1;
        }
    }
    let mut ranked: Vec<Ranked> = all.into_values().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.sequence.cmp(&b.sequence)));
    let mut chances = 0;
    ranked.retain(|ranked| {
        chances += usize::from(ranked.shared == 1);
        ranked.shared > 1 || chances <= MAX_CHANCES
    });
    ranked.truncate(MAX_CANDIDATES);
    ranked
}

/// Whether the shingle at a place of one text stands in the other one in a run of [`CHANCE_RUN`] equal tokens.
fn in_a_run(left: &[Token], at: usize, right: &[Token]) -> bool {
    let same = |(a, b): &(&Token, &Token)| a.word() == b.word();
    let (before, after) = left.split_at(at);
    (0..right.len()).any(|place| {
        let (other_before, other_after) = right.split_at(place);
        let from_here = after.iter().zip(other_after).take_while(same).count();
        from_here >= SHINGLE && {
            let up_to_here = before.iter().rev().zip(other_before.iter().rev()).take_while(same).count();
            up_to_here + from_here >= CHANCE_RUN
        }
    })
}

/// Which tokens lie between two neighbouring anchors that many originals have: passages that are no story's own.
fn furniture(anchors: &[Anchor], holders: &[Vec<Sequence>], tokens: usize) -> Vec<bool> {
    let common = |holders: &Vec<Sequence>| holders.len() >= MAX_HOLDERS;
    if !holders.iter().any(common) {
        return Vec::new();
    }
    let mut places: Vec<(usize, bool)> =
        anchors.iter().zip(holders).map(|(anchor, holders)| (anchor.at as usize, common(holders))).collect();
    places.sort_unstable();
    let mut furniture = vec![false; tokens];
    for pair in places.windows(2) {
        if let [(from, true), (to, true)] = *pair {
            furniture[from..to + SHINGLE].fill(true);
        }
    }
    furniture
}
