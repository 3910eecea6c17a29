//! The user's own names, found in every article whatever the tagger thinks of it.
//!
//! A list is CSV (`id,name,aliases,type`, aliases separated by `|`, a header if its first field is `id`) or JSON Lines
//! (`{"id": …, "name": …, "aliases": […], "type": …}`). The type is PER, ORG, LOC or NORP and may be left out.
//!
//! Names are searched all at once (Aho and Corasick 1975) in the folded text: lower case, straight apostrophes,
//! plain spaces and hyphens. What is found counts if it stands alone as words do; in scripts that write no spaces it
//! always does, and in Arabic script the letters that are written onto a word may stand before it. A name listed
//! with a capital needs one in the text, and one in capitals of five letters or fewer needs them all, so that the
//! company Apple is no apple and WHO no question. The longest name at a place wins.

use aho_corasick::{AhoCorasick, MatchKind};
use copydesk_article::{EntityType, is_cjk};
use serde::Deserialize;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

/// Names in capitals up to this many letters are searched as they are written.
const ACRONYM: usize = 5;
/// Letters of Arabic script that are written onto the word they belong to: and, so, with, for, like, the.
pub(crate) const CLITICS: [&str; 11] = ["و", "ف", "ب", "ل", "ك", "ال", "وال", "بال", "فال", "كال", "لل"];

/// How a list is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WatchFormat {
    /// Comma-separated values.
    Csv,
    /// A JSON object a line.
    JsonLines,
}

impl WatchFormat {
    /// The format of a text: JSON Lines where its first line begins with a brace.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let first = text
            .trim_start_matches('\u{FEFF}')
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        if first.is_some_and(|line| line.starts_with('{')) { Self::JsonLines } else { Self::Csv }
    }
}

/// Why a list can't be used.
#[derive(Debug, Error)]
pub enum WatchlistError {
    /// A line is not what it should be.
    #[error("line {line} of the watchlist {problem}; write {wanted}")]
    Line {
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        problem: String,
        /// What would be right.
        wanted: &'static str,
    },
    /// There are more names than can be searched at once.
    #[error("the watchlist has too many names to be searched at once; split it")]
    TooLarge,
}

/// One entry of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// The user's id, without `watch:`.
    pub id: String,
    /// The name shown where the text gives no fuller one.
    pub name: String,
    /// Type, if the user gave one.
    pub kind: Option<EntityType>,
}

/// A list, ready to be searched.
#[derive(Debug)]
pub struct Watchlist {
    version: String,
    entries: Vec<Watched>,
    search: AhoCorasick,
    /// Entry and spelling of each pattern of the search.
    patterns: Vec<(usize, Spelling)>,
}

/// What a name asks of the case of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spelling {
    Any,
    Capital,
    Capitals,
}

/// An entry found: Unicode scalar positions, half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Number of the entry.
    pub entry: usize,
    /// First position.
    pub start: usize,
    /// First position after it.
    pub end: usize,
}

/// A row of either format.
#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default, rename = "type")]
    kind: Option<EntityType>,
}

const CSV_FORM: &str = "id,name,alias|alias,type (type PER, ORG, LOC or NORP, or nothing)";
const JSON_FORM: &str = r#"{"id": "7", "name": "Norvik", "aliases": ["Norvik AB"], "type": "ORG"}"#;

impl Watchlist {
    /// Reads a list. Blank lines and those that begin with `#` are left out.
    ///
    /// # Errors
    /// Where a line is not of the format or has no id or name, or where the list is too large to be searched.
    pub fn parse(text: &str, format: WatchFormat) -> Result<Self, WatchlistError> {
        let mut rows = Vec::new();
        let lines = text.trim_start_matches('\u{FEFF}').lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
            let wanted = if format == WatchFormat::Csv { CSV_FORM } else { JSON_FORM };
            let failed = |problem: String| WatchlistError::Line { line: number + 1, problem, wanted };
            let row = match format {
                WatchFormat::Csv if number == 0 && line.to_lowercase().starts_with("id,") => continue,
                WatchFormat::Csv => csv_row(line).map_err(failed)?,
                WatchFormat::JsonLines => {
                    serde_json::from_str(line).map_err(|error| failed(format!("is no entry ({error})")))?
                }
            };
            if row.id.trim().is_empty() || row.name.trim().is_empty() {
                return Err(failed("has no id or no name".to_owned()));
            }
            rows.push(row);
        }
        Self::of(rows, format!("{:016x}", xxh3_64(text.as_bytes())))
    }

    fn of(rows: Vec<Row>, version: String) -> Result<Self, WatchlistError> {
        let (mut entries, mut patterns, mut texts) = (Vec::new(), Vec::new(), Vec::new());
        for row in rows {
            for name in std::iter::once(&row.name).chain(&row.aliases) {
                let folded = Folded::of(name.trim());
                if !folded.text.is_empty() {
                    patterns.push((entries.len(), spelling(name.trim())));
                    texts.push(folded.text);
                }
            }
            entries.push(Watched { id: row.id.trim().to_owned(), name: row.name.trim().to_owned(), kind: row.kind });
        }
        let search = AhoCorasick::builder().match_kind(MatchKind::Standard).build(&texts);
        Ok(Self { version, entries, patterns, search: search.map_err(|_| WatchlistError::TooLarge)? })
    }

    /// A number of the list's text, in hexadecimal: another text, another version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The entries, by number.
    #[must_use]
    pub fn entries(&self) -> &[Watched] {
        &self.entries
    }

    /// The entries in a text, in order, without overlap; of one place the longest, of one spelling the first listed.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Hit> {
        let folded = Folded::of(text);
        let mut hits: Vec<Hit> = Vec::new();
        for found in self.search.find_overlapping_iter(&folded.text) {
            let (entry, spelling) = self.patterns[found.pattern().as_usize()];
            let (start, end) = (folded.scalar(found.start()), folded.scalar(found.end()));
            let stands = stands_alone(&folded.text, found.start(), found.end());
            if stands && spelling.fits(&folded, start, end) {
                hits.push(Hit { entry, start, end });
            }
        }
        hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end), hit.entry));
        let mut taken = 0;
        hits.retain(|hit| {
            let free = hit.start >= taken;
            taken = if free { hit.end } else { taken };
            free
        });
        hits
    }
}

impl Spelling {
    fn fits(self, folded: &Folded, start: usize, end: usize) -> bool {
        let written = folded.written.get(start..end).unwrap_or(&[]);
        match self {
            Self::Any => true,
            Self::Capital => written.iter().find(|c| c.is_alphabetic()).is_some_and(|c| !c.is_lowercase()),
            Self::Capitals => !written.iter().any(|c| c.is_lowercase()),
        }
    }
}

fn spelling(name: &str) -> Spelling {
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    let has_case = letters().any(char::is_uppercase);
    if !has_case {
        Spelling::Any
    } else if letters().count() <= ACRONYM && letters().all(char::is_uppercase) {
        Spelling::Capitals
    } else if letters().next().is_some_and(char::is_uppercase) {
        Spelling::Capital
    } else {
        Spelling::Any
    }
}

/// A text as it is searched, with the way back.
struct Folded {
    text: String,
    /// The characters as written.
    written: Vec<char>,
    /// Byte of `text` at which each character begins, and its length.
    starts: Vec<usize>,
}

impl Folded {
    fn of(text: &str) -> Self {
        let mut folded = Self { text: String::with_capacity(text.len()), written: Vec::new(), starts: Vec::new() };
        for c in text.chars() {
            folded.starts.push(folded.text.len());
            folded.written.push(c);
            match c {
                '’' | '‘' | 'ʼ' => folded.text.push('\''),
                '\u{2010}' | '\u{2011}' | '\u{2013}' => folded.text.push('-'),
                // Not a line's end: no name reaches over it.
                c if c.is_whitespace() && !matches!(c, '\n' | '\r') => folded.text.push(' '),
                c => folded.text.extend(c.to_lowercase()),
            }
        }
        folded.starts.push(folded.text.len());
        folded
    }

    /// The character that a byte belongs to.
    fn scalar(&self, byte: usize) -> usize {
        self.starts.partition_point(|&start| start < byte)
    }
}

/// Whether no word goes on before or after.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let (before, name, after) = (&text[..start], &text[start..end], &text[end..]);
    let spaced = |c: char| c.is_alphanumeric() && !is_cjk(c);
    let first = name.chars().next().is_some_and(spaced);
    let last = name.chars().next_back().is_some_and(spaced);
    let starts_word = !first || !before.chars().next_back().is_some_and(spaced) || after_clitic(before);
    let ends_word = !last || !after.chars().next().is_some_and(spaced);
    starts_word && ends_word
}

/// Whether what stands before the name is only what Arabic script writes onto a word.
fn after_clitic(before: &str) -> bool {
    let word = before.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    CLITICS.contains(&word)
}

/// A row of CSV; quotes as spreadsheets write them.
fn csv_row(line: &str) -> Result<Row, String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    if quoted {
        return Err("ends inside quotes".to_owned());
    }
    let mut fields = fields.into_iter();
    let mut next = || fields.next().unwrap_or_default();
    let (id, name, aliases, kind) = (next(), next(), next(), next());
    let kind = match kind.trim() {
        "" => None,
        written => {
            Some(serde_json::from_value(written.into()).map_err(|_| format!("has the unknown type `{written}`"))?)
        }
    };
    let aliases = aliases.split('|').map(str::trim).filter(|alias| !alias.is_empty()).map(str::to_owned).collect();
    Ok(Row { id, name, aliases, kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Watchlist {
        Watchlist::parse(text, WatchFormat::Csv).expect("a list")
    }

    fn found(list: &Watchlist, text: &str) -> Vec<(String, String)> {
        let written = |hit: &Hit| text.chars().skip(hit.start).take(hit.end - hit.start).collect::<String>();
        list.find(text).iter().map(|hit| (list.entries()[hit.entry].id.clone(), written(hit))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn names_and_aliases_are_found_as_words() {
        let list = list("id,name,aliases,type\n7,Norvik Holdings,Norvik|NVK,ORG\n8,\"Blom, Arne\",Arne Blom,PER\n");
        let text = "NORVIK and Norvik Holdings’ rival; Norvikson, NVK, nvk. Arne\u{a0}Blom left.";
        let expected = [("7", "NORVIK"), ("7", "Norvik Holdings"), ("7", "NVK"), ("8", "Arne\u{a0}Blom")];
        assert_eq!(found(&list, text), pairs(&expected));
    }

    #[test]
    fn the_case_of_a_listed_name_is_evidence() {
        let list = list("1,Apple\n2,WHO\n3,lowland league\n");
        assert_eq!(
            found(&list, "An apple for Apple. Who asked the WHO about the Lowland League?"),
            pairs(&[("1", "Apple"), ("2", "WHO"), ("3", "Lowland League")])
        );
    }

    #[test]
    fn other_scripts_have_other_words() {
        let list = list("1,北京\n2,القاهرة\n3,Київ\n4,İzmir\n");
        assert_eq!(
            found(&list, "他在北京工作。 وصل إلى القاهرة وبالقاهرة. У Київ! İzmir’de"),
            pairs(&[("1", "北京"), ("2", "القاهرة"), ("3", "Київ"), ("4", "İzmir")])
        );
        let list = super::tests::list("2,قاهرة\n");
        assert_eq!(found(&list, "بالقاهرة القاهرة"), pairs(&[("2", "قاهرة"), ("2", "قاهرة")]));
    }

    #[test]
    fn json_lines_say_the_same_and_errors_name_the_line() {
        let json = "{\"id\": \"7\", \"name\": \"Norvik\", \"aliases\": [\"NVK\"], \"type\": \"ORG\"}\n";
        let list = Watchlist::parse(json, WatchFormat::JsonLines).expect("a list");
        assert_eq!(list.entries()[0].kind, Some(EntityType::Organisation));
        for (text, format) in [("1,Norvik\n2,\n", WatchFormat::Csv), ("1,a\n2,Blom,,XYZ\n", WatchFormat::Csv)] {
            let error = Watchlist::parse(text, format).expect_err("refused").to_string();
            assert!(error.starts_with("line 2 of the watchlist has"), "{error}");
        }
        assert!(Watchlist::parse("nonsense", WatchFormat::JsonLines).is_err());
    }
}
