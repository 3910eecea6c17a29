//! Labelled corpora: CoNLL files of tokens with tags, made running text again.
//!
//! A line is a token and its tag, by tabs (further columns are not read); a blank line ends a sentence and
//! `#doc<TAB>NAME` begins a document; `.gz` files are unpacked. Tags begin with `B-` or `I-`; what the rest of
//! them means is in [`kinds_of`]. A corpus says which kinds it labels: of the others, a token without a tag may be one,
//! and learning leaves that open.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use copydesk_article::is_cjk;
use copydesk_entities::tagger;
use copydesk_entities::tagger::labels::KINDS;

use crate::random::Random;

/// A document of more sentences than this is a collection of texts.
const MAX_SENTENCES: usize = 200;
/// Sentences to a text when a collection is cut up.
const PIECE: usize = 12;

/// A set of kinds: bit `n` for kind `n`.
pub(crate) type Kinds = u8;

/// A name in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Bytes of the text.
    pub(crate) bytes: Range<usize>,
    /// What it is; several where the corpus does not tell them apart, none where it may be anything or nothing.
    pub(crate) kinds: Kinds,
}

/// A labelled text.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// In order, without overlap.
    pub(crate) spans: Vec<Span>,
    /// Kinds that are labelled wherever they stand.
    pub(crate) labelled: Kinds,
    /// How much learning listens to it; 1 is all.
    pub(crate) weight: f32,
}

/// A token with its tag.
#[derive(Clone, Debug)]
struct Tagged {
    token: String,
    tag: String,
}

/// The set of a list of kinds by name, `PER,ORG`.
pub(crate) fn kinds_by_name(names: &str) -> Result<Kinds> {
    names.split(',').try_fold(0, |set, name| match KINDS.iter().position(|kind| *kind == name) {
        Some(kind) => Ok(set | 1 << kind),
        None => bail!("there is no kind `{name}`; the kinds are {}", KINDS.join(", ")),
    })
}

const PER: Kinds = 1;
const ORG: Kinds = 1 << 1;
const LOC: Kinds = 1 << 2;
const NORP: Kinds = 1 << 3;
const DATE: Kinds = 1 << 4;
const MONEY: Kinds = 1 << 5;
const MISC: Kinds = 1 << 6;

/// What a tag of one of the common schemes means, without `B-` and `I-`.
fn kinds_of(tag: &str, labelled: Kinds) -> Kinds {
    match tag.to_lowercase().as_str() {
        "per" | "person" | "psn" | "politician" => PER,
        "org" | "organization" | "organisation" | "corporation" | "group" | "politicalparty" => ORG,
        "loc" | "location" | "place" | "geo" | "facility" | "fac" | "country" => LOC,
        "gpe" if labelled & NORP != 0 => NORP,
        "gpe" => LOC,
        "norp" => NORP,
        "date" | "dat" => DATE,
        "money" | "mny" => MONEY,
        // Where groups have no tag of their own, they are among the others.
        "misc" if labelled & MISC != 0 && labelled & DATE == 0 => NORP | MISC,
        "misc" | "product" | "event" | "eve" | "art" | "creative-work" | "election" => MISC,
        _ => 0,
    }
}

/// Reads a corpus.
pub(crate) fn read(path: &Path, labelled: Kinds, random: &mut Random) -> Result<Vec<Text>> {
    let failed = || format!("can't read the corpus {}", path.display());
    let file = File::open(path).with_context(failed)?;
    let reader: Box<dyn BufRead> = match path.extension() {
        Some(ending) if ending == "gz" => Box::new(BufReader::new(flate2::read::MultiGzDecoder::new(file))),
        _ => Box::new(BufReader::new(file)),
    };
    let (mut texts, mut sentences, mut sentence) = (Vec::new(), Vec::new(), Vec::new());
    for line in reader.lines() {
        let line = line.with_context(failed)?;
        let mut columns = line.split('\t');
        match (columns.next(), columns.next()) {
            (Some("#doc"), _) => {
                sentences.push(std::mem::take(&mut sentence));
                texts.extend(cut_up(std::mem::take(&mut sentences), labelled, random));
            }
            (Some(token), Some(tag)) if !token.trim().is_empty() => {
                sentence.push(Tagged { token: token.trim().to_owned(), tag: tag.to_owned() });
            }
            _ => sentences.push(std::mem::take(&mut sentence)),
        }
    }
    sentences.push(sentence);
    texts.extend(cut_up(sentences, labelled, random));
    Ok(texts)
}

/// Labels the dates and amounts of money that rules find where the corpus has no name.
pub(crate) fn add_by_rule(text: &mut Text) {
    text.spans.retain(|span| span.kinds != 0);
    for (bytes, kind) in tagger::by_rule(&text.text) {
        let taken = |span: &Span| span.bytes.start < bytes.end && bytes.start < span.bytes.end;
        if !text.spans.iter().any(taken) {
            text.spans.push(Span { bytes, kinds: 1 << kind });
        }
    }
    text.spans.sort_by_key(|span| span.bytes.start);
    text.labelled |= DATE | MONEY;
}

/// The texts of a document's sentences.
fn cut_up(mut sentences: Vec<Vec<Tagged>>, labelled: Kinds, random: &mut Random) -> Vec<Text> {
    sentences.retain(|sentence| !sentence.is_empty());
    let size = if sentences.len() > MAX_SENTENCES { PIECE } else { sentences.len().max(1) };
    sentences.chunks(size).map(|sentences| join(sentences, labelled, random)).collect()
}

/// Writes sentences as running text.
fn join(sentences: &[Vec<Tagged>], labelled: Kinds, random: &mut Random) -> Text {
    let mut text = Text { labelled, ..Text::default() };
    for sentence in sentences {
        if let Some(last) = text.text.chars().next_back() {
            let ended = matches!(last, '.' | '!' | '?' | '"' | '”');
            text.text.push(if ended && random.below(3) > 0 { ' ' } else { '\n' });
        }
        append(&mut text, sentence, random);
    }
    text
}

fn append(text: &mut Text, sentence: &[Tagged], random: &mut Random) {
    let mut quote_open = false;
    let mut glue_next = true;
    let mut open: Option<String> = None;
    for (at, Tagged { token, tag }) in sentence.iter().enumerate() {
        let token = match token.as_str() {
            "``" | "''" => "\"",
            "-LRB-" => "(",
            "-RRB-" => ")",
            other => other,
        };
        let joint = matches!(token, "-" | "–" | "/") && joins(sentence, at) && random.below(2) == 0;
        let closes = token == "\"" && quote_open;
        let unspaced = text.text.chars().next_back().is_some_and(is_cjk) || token.chars().next().is_some_and(is_cjk);
        let glued = glue_next
            || unspaced
            || closes
            || joint
            || is_tail(token, at.checked_sub(1).map(|i| sentence[i].token.as_str()));
        if !glued {
            text.text.push(' ');
        }
        let start = text.text.len();
        text.text.push_str(token);
        glue_next = joint
            || matches!(token, "(" | "[" | "{" | "$" | "£" | "€" | "US$" | "#" | "“" | "‘")
            || (token == "\"" && !quote_open);
        if token == "\"" {
            quote_open = !quote_open;
        }
        mark(text, start, tag, &mut open);
    }
}

/// Whether a hyphen stands between two words that it may join.
fn joins(sentence: &[Tagged], at: usize) -> bool {
    let near = |i: Option<usize>| i.and_then(|i| sentence.get(i)).map(|tagged| tagged.token.as_str());
    let (before, after) = (near(at.checked_sub(1)), near(Some(at + 1)));
    let ends = |word: &str| word.chars().next_back().is_some_and(char::is_alphanumeric);
    let begins = |word: &str| word.chars().next().is_some_and(char::is_alphanumeric);
    let is_lower = |word: &str| word.chars().next().is_some_and(|c| c.is_lowercase() || c.is_ascii_digit());
    let (Some(before), Some(after)) = (before, after) else { return false };
    at > 1 && ends(before) && begins(after) && (is_lower(before) || is_lower(after))
}

/// Whether a token hangs on the one before.
fn is_tail(token: &str, before: Option<&str>) -> bool {
    let contraction =
        matches!(token, "'s" | "’s" | "'S" | "n't" | "n’t" | "'re" | "'ve" | "'ll" | "'d" | "'m" | "’re" | "’ve");
    let mark = matches!(token, "," | "." | ";" | ":" | "!" | "?" | ")" | "]" | "}" | "%" | "”" | "’" | "...");
    let plural = token == "'" && before.is_some_and(|word| word.ends_with('s'));
    contraction || mark || plural
}

/// Notes the name that a token begins or goes on with.
fn mark(text: &mut Text, start: usize, tag: &str, open: &mut Option<String>) {
    let end = text.text.len();
    let (place, name) = tag.split_once('-').unwrap_or(("O", ""));
    match text.spans.last_mut() {
        Some(span) if place == "I" && open.as_deref() == Some(name) => span.bytes.end = end,
        _ if place == "O" => {}
        _ => {
            let kinds = kinds_of(name, text.labelled);
            text.spans.push(Span { bytes: start..end, kinds });
        }
    }
    *open = (place != "O").then(|| name.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &str, labelled: &str) -> Vec<Text> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("corpus.conll");
        std::fs::write(&path, lines).expect("written");
        read(&path, kinds_by_name(labelled).expect("kinds"), &mut Random::new(1)).expect("read")
    }

    #[test]
    fn tokens_become_running_text_with_names_where_they_stood() {
        let lines = "#doc\t1\nAnna\tB-PER\nBlom\tI-PER\n's\tO\nboat\tO\n(\tO\nred\tO\n)\tO\nsank\tO\n.\tO\n\n\
                     #doc\t2\nNorvik\tB-ORG\nrang\tO\n";
        let texts = text(lines, "PER,ORG,LOC");
        let texts: Vec<_> = texts.iter().filter(|text| !text.text.is_empty()).collect();
        assert_eq!(texts[0].text, "Anna Blom's boat (red) sank.");
        assert_eq!(texts[0].spans, [Span { bytes: 0..9, kinds: PER }]);
        assert_eq!(texts[1].spans, [Span { bytes: 0..6, kinds: ORG }]);
    }

    #[test]
    fn tags_mean_what_their_scheme_means() {
        let all = kinds_by_name("PER,ORG,LOC,NORP,DATE,MONEY,MISC").expect("kinds");
        assert_eq!(kinds_of("Misc", all), MISC);
        assert_eq!(kinds_of("MISC", all & !DATE & !MONEY), NORP | MISC);
        assert_eq!(kinds_of("gpe", PER | LOC), LOC);
        assert!(kinds_by_name("PER,XYZ").is_err());
    }
}
