//! What furniture, labels and headings say, in some fifty languages.
//!
//! The phrases ship in `data/phrases.tsv`, a line for each language, use and reason, so that whoever knows a language
//! can add to it without reading code. They are compared as [`key`]s. All of them hold for every text: a page in one
//! language often has its buttons in another, and which language a text is in is known only once it is clean. So a
//! phrase that is an ordinary word anywhere (a section's name, "share") is for the edges of a page.
//!
//! Uses, as the file names them:
//!
//! - `anywhere`: a whole line, wherever it stands; `edges`: a whole line in the head or the tail of a page, or beside
//!   other furniture;
//! - `label`: what stands before a colon, the line going with it; `edge-label`: likewise, at the edges;
//! - `start`: how a line begins that nobody writes into an article; one of three words or more may begin a whole
//!   paragraph;
//! - `tail`: a heading that ends an article; `tail-count`: likewise, with a number;
//! - `by`, `byline`: what stands before the names of authors, without a colon or only with one;
//! - `published`, `modified`: what stands before a date.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use copydesk_article::{RemovalReason, is_cjk};

use crate::lines::key;

/// How sure a phrase is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strength {
    /// It goes wherever it stands.
    Certain,
    /// It may be the author's own word, and goes only at the edges of a page or beside other furniture.
    Doubtful,
}

/// What a label before names or a date says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    /// "By", which needs no colon.
    By,
    /// "Author:", which does.
    Author,
    /// "Published".
    Published,
    /// "Updated".
    Modified,
}

/// Most words of a label.
pub(crate) const LABEL_WORDS: usize = 4;

type Furniture = HashMap<String, (RemovalReason, Strength)>;

#[derive(Default)]
struct Phrases {
    lines: Furniture,
    labels: Furniture,
    /// By their first letter.
    starts: HashMap<char, Vec<(String, RemovalReason)>>,
    tails: HashMap<String, RemovalReason>,
    counted_tails: HashMap<String, RemovalReason>,
    before: HashMap<String, Label>,
    /// First words of what stands before names and dates: most lines begin with none, and need no more looking up.
    before_first: HashSet<String>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::read(include_str!("../data/phrases.tsv")));

impl Phrases {
    /// Lines that say no use or reason are left out; a test says that there are none.
    fn read(table: &str) -> Self {
        let mut phrases = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.split('\t').skip(1);
            let (Some(usage), Some(reason), Some(all)) = (columns.next(), columns.next(), columns.next()) else {
                continue;
            };
            for phrase in all.split('|').map(key) {
                phrases.add(usage, reason, phrase);
            }
        }
        phrases
    }

    fn add(&mut self, usage: &str, reason: &str, phrase: String) {
        let label = match usage {
            "by" => Some(Label::By),
            "byline" => Some(Label::Author),
            "published" => Some(Label::Published),
            "modified" => Some(Label::Modified),
            _ => None,
        };
        if let Some(label) = label {
            self.before_first.insert(first_word(&phrase).to_owned());
            self.before.insert(phrase, label);
            return;
        }
        let reason = match reason {
            "navigation" => RemovalReason::Navigation,
            "share" => RemovalReason::Share,
            "caption" => RemovalReason::Caption,
            "teaser" => RemovalReason::Teaser,
            "notice" => RemovalReason::Notice,
            _ => return,
        };
        // What is certain in one language is not made doubtful by another.
        match usage {
            "anywhere" => _ = self.lines.insert(phrase, (reason, Strength::Certain)),
            "edges" => _ = self.lines.entry(phrase).or_insert((reason, Strength::Doubtful)),
            "label" => _ = self.labels.insert(phrase, (reason, Strength::Certain)),
            "edge-label" => _ = self.labels.entry(phrase).or_insert((reason, Strength::Doubtful)),
            "start" => {
                if let Some(first) = phrase.chars().next() {
                    self.starts.entry(first).or_default().push((phrase, reason));
                }
            }
            "tail" => _ = self.tails.insert(phrase, reason),
            "tail-count" => _ = self.counted_tails.insert(phrase, reason),
            _ => {}
        }
    }
}

/// What a whole line is, by its key.
pub(crate) fn line(key: &str) -> Option<(RemovalReason, Strength)> {
    PHRASES.lines.get(key).copied()
}

/// What a line is, by the key of what stands before its colon.
pub(crate) fn label(key: &str) -> Option<(RemovalReason, Strength)> {
    PHRASES.labels.get(key).copied()
}

/// What a line is that begins so, by the key of its start, and how many words say it.
pub(crate) fn start(key: &str) -> Option<(RemovalReason, usize)> {
    let starts = PHRASES.starts.get(&key.chars().next()?)?;
    let begins = |start: &str| {
        let rest = key.strip_prefix(start);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ') || start.chars().all(is_cjk))
    };
    let (start, reason) = starts.iter().find(|(start, _)| begins(start))?;
    Some((*reason, start.split(' ').count()))
}

/// What a heading that ends an article opens, by its key.
pub(crate) fn tail(key: &str) -> Option<RemovalReason> {
    let counted = || PHRASES.counted_tails.get(without_count(key)?);
    PHRASES.tails.get(key).or_else(counted).copied()
}

/// "Comments (12)", "12 comments": what is counted, of a key.
pub(crate) fn without_count(key: &str) -> Option<&str> {
    let is_count = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    let (first, rest) = key.split_once(' ')?;
    let (start, last) = key.rsplit_once(' ')?;
    is_count(first).then_some(rest).or_else(|| is_count(last).then_some(start))
}

/// The label at the start of a line that says who wrote it or when, with its length in bytes: the longest there is.
pub(crate) fn before(line: &str) -> Option<(Label, usize)> {
    let first = line.split(|c: char| c.is_whitespace() || is_after_label(c)).next().unwrap_or(line);
    let first_key = key(first);
    if !PHRASES.before_first.contains(first_word(&first_key)) {
        return None;
    }
    let mut found = None;
    let mut words = 0;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        if c.is_whitespace() || is_after_label(c) {
            if at > 0 && !line[..at].ends_with([' ', ':', '：']) {
                words += 1;
                if let Some(&label) = PHRASES.before.get(&key(&line[..at])) {
                    found = Some((label, at));
                }
            }
            if words == LABEL_WORDS || !c.is_whitespace() {
                break;
            }
        } else if c.is_ascii_digit() {
            break;
        }
    }
    found
}

/// What parts a label from what it stands before, where that is no blank.
pub(crate) fn is_after_label(c: char) -> bool {
    matches!(c, ':' | '：' | '|' | '/' | '／' | '丨' | '՝' | '፦')
}

fn first_word(key: &str) -> &str {
    key.split(' ').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        const USES: [&str; 11] = [
            "anywhere",
            "edges",
            "label",
            "edge-label",
            "start",
            "tail",
            "tail-count",
            "by",
            "byline",
            "published",
            "modified",
        ];
        for line in include_str!("../data/phrases.tsv").lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<_> = line.split('\t').collect();
            let &[language, usage, reason, phrases] = &columns[..] else { panic!("{line}") };
            assert!(language.len() == 2 && USES.contains(&usage), "{line}");
            let reasons = ["navigation", "share", "caption", "teaser", "notice"];
            assert_eq!(
                reasons.contains(&reason),
                !matches!(usage, "by" | "byline" | "published" | "modified"),
                "{line}"
            );
            for phrase in phrases.split('|') {
                assert!(!key(phrase).is_empty(), "{line}");
                let words = phrase.split_whitespace().count();
                assert!(words <= if usage.starts_with('b') || reason == "-" { LABEL_WORDS } else { 9 }, "{phrase}");
            }
        }
    }

    #[test]
    fn phrases_are_found_in_many_languages() {
        use RemovalReason::{Navigation, Notice, Share, Teaser};
        use Strength::{Certain, Doubtful};
        assert_eq!(line(&key("Μετάβαση στο περιεχόμενο")), Some((Navigation, Certain)));
        assert_eq!(line(&key("Paylaş")), Some((Share, Doubtful)));
        assert_eq!(line(&key("広告")), Some((Notice, Certain)));
        assert_eq!(line(&key("यह भी पढ़ें")), Some((Teaser, Certain)));
        assert_eq!(label(&key("Baca juga")), Some((Teaser, Certain)));
        assert_eq!(tail(&key("Articles liés")), Some(Teaser));
        assert_eq!(start(&key("Subscribe to our newsletter and win")), Some((Notice, 3)));
        assert_eq!(start(&key("未经授权，不得转载")), Some((Notice, 1)));
        assert_eq!((start(&key("Subscribers to our newsletter")), start(&key(""))), (None, None));
    }

    #[test]
    fn labels_before_names_and_dates() {
        assert_eq!(before("Penulis: Rini Astuti"), Some((Label::Author, 7)));
        assert_eq!(before("Mis à jour le 3 mai 2024"), Some((Label::Modified, "Mis à jour le".len())));
        assert_eq!(before("Von Ingrid Solberg"), Some((Label::By, 3)));
        assert_eq!(before("发布时间：2024-05-06 10:20"), Some((Label::Published, "发布时间".len())));
        assert_eq!(before("The ferry left."), None);
        assert_eq!(before(""), None);
    }
}
