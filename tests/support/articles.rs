//! Articles nobody wrote: thousands of them, all different, from word lists and a seed.
//!
//! Among them, counted so that a test knows what to expect: the same record again (`repeats`), the same text from
//! another source (`copies`), lines that are no JSON (`broken`). Besides: stubs, text files with a page's furniture,
//! JSON arrays, JSON Lines files of one to five hundred lines, and every other format the readers take
//! (`formats.rs`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::dice::Dice;
use super::formats;

const SOURCES: [&str; 4] = ["harbour-post", "valley-news", "north-wire", "city-desk"];
const PEOPLE: [&str; 8] = [
    "Maria Keller",
    "Tomas Lindqvist",
    "Aisha Rahman",
    "Henrik Olsen",
    "Paula Ortega",
    "Samuel Okoye",
    "Ines Duarte",
    "Viktor Novak",
];
const PLACES: [&str; 8] = ["Geneva", "Nairobi", "Lisbon", "Oslo", "Lima", "Hanoi", "Dublin", "Accra"];
const BODIES: [&str; 6] = [
    "the harbour authority",
    "the city council",
    "the transport committee",
    "the river board",
    "the teachers’ union",
    "the national grid operator",
];
const DEEDS: [&str; 8] = [
    "approved a plan to rebuild",
    "postponed a vote on",
    "published a report about",
    "rejected the appeal against",
    "opened an inquiry into",
    "signed the contract for",
    "warned of delays to",
    "welcomed the funding of",
];

/// A file to drop.
#[derive(Clone)]
pub struct InputFile {
    /// Path in the inbox.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Files to drop, in the order the desk is to take them, and what they hold.
#[derive(Clone, Default)]
pub struct Input {
    /// The files.
    pub files: Vec<InputFile>,
    /// Records in all, bad ones too.
    pub records: u64,
    /// Records that can't be read.
    pub broken: u64,
    /// Records with the bytes and the source of one before.
    pub repeats: u64,
    /// Records with the text of one before and another source.
    pub copies: u64,
    /// Records with nearly the text of one before, and another source.
    pub near: u64,
    /// Records with another text at the URL of one before.
    pub revisions: u64,
    /// Of these, records that stood there before, byte for byte.
    pub returns: u64,
}

impl Input {
    /// About so many articles of every kind.
    pub fn of(seed: u64, articles: usize) -> Self {
        Writer::new(seed, false).write(articles as u64)
    }

    /// The same, with near copies and versions among them. What becomes of those depends on their order.
    pub fn with_versions(seed: u64, articles: usize) -> Self {
        Writer::new(seed, true).write(articles as u64)
    }

    /// Adds one file with so many good records.
    pub fn add(&mut self, path: &str, bytes: impl Into<Vec<u8>>, records: u64) {
        self.files.push(InputFile { path: path.into(), bytes: bytes.into() });
        self.records += records;
    }

    /// Writes the files below a folder, with modification times in the past, a second apart: the order in which the
    /// desk takes them is the order here.
    pub fn lay_out(&self, folder: &Path) {
        let start = SystemTime::now() - Duration::from_secs(self.files.len() as u64 + 3600);
        for (index, file) in self.files.iter().enumerate() {
            let path = folder.join(&file.path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("make a folder");
            fs::write(&path, &file.bytes).expect("write an article");
            let written = File::options().write(true).open(&path).expect("open an article");
            written.set_modified(start + Duration::from_secs(index as u64)).expect("set a time");
        }
    }

    /// Drops the files as a scraper should: written elsewhere, then renamed into place.
    pub fn drop_into(&self, folder: &Path, scratch: &Path) {
        fs::create_dir_all(scratch).expect("make a folder");
        for file in &self.files {
            let (from, to) = (scratch.join("being-written"), folder.join(&file.path));
            fs::create_dir_all(to.parent().expect("a parent")).expect("make a folder");
            fs::write(&from, &file.bytes).expect("write an article");
            fs::rename(from, to).expect("drop an article");
        }
    }
}

/// One JSON article of a source, as a line without its end.
pub fn line(source: &str, number: u64, text: &str) -> String {
    json!({
        "source": source,
        "url": format!("https://{source}.example/{number}"),
        "title": format!("Report {number} from {source}"),
        "text": text,
        "date_publish": format!("2024-{:02}-{:02}", 1 + number % 12, 1 + number % 28),
        "authors": [PEOPLE[number as usize % PEOPLE.len()]],
        "x_rank": number,
    })
    .to_string()
}

/// A body of so many paragraphs that no other number has.
pub fn body(dice: &mut Dice, number: u64, paragraphs: usize) -> String {
    let paragraph = |dice: &mut Dice, part: usize| {
        let sentences = (0..3 + dice.below(3)).map(|sentence| {
            format!(
                "{} said in {} that {} {} {}, case {number}-{part}-{sentence}.",
                dice.pick(&PEOPLE),
                dice.pick(&PLACES),
                dice.pick(&BODIES),
                dice.pick(&DEEDS),
                words(dice, 12),
            )
        });
        sentences.collect::<Vec<_>>().join(" ")
    };
    (0..paragraphs).map(|part| paragraph(dice, part)).collect::<Vec<_>>().join("\n\n")
}

/// Words of no language: what sets one article apart from a form filled in with other names.
fn words(dice: &mut Dice, count: usize) -> String {
    let syllable =
        |dice: &mut Dice| [dice.pick(&["k", "m", "s", "t", "v"]), dice.pick(&["a", "e", "i", "o", "u"])].concat();
    let word = |dice: &mut Dice| (0..3 + dice.below(2)).map(|_| syllable(dice)).collect::<String>();
    (0..count).map(|_| word(dice)).collect::<Vec<_>>().join(" ")
}

struct Writer {
    dice: Dice,
    number: u64,
    /// Lines that stand, with their source and text.
    lines: Vec<(String, &'static str, String)>,
    /// Text files that stand, with their source.
    texts: Vec<(String, &'static str)>,
    /// Whether there are near copies and versions.
    versions: bool,
    /// Lines that another version has taken the place of.
    revised: Vec<String>,
    input: Input,
}

impl Writer {
    fn new(seed: u64, versions: bool) -> Self {
        Self {
            dice: Dice::new(seed),
            // No two inputs have a URL in common.
            number: seed % 997 * 100_000,
            lines: Vec::new(),
            texts: Vec::new(),
            versions,
            revised: Vec::new(),
            input: Input::default(),
        }
    }

    fn write(mut self, articles: u64) -> Input {
        while self.input.records < articles {
            match self.dice.below(14) {
                0..=5 => self.text_file(),
                6 => self.array_file(),
                7 => self.page_file(),
                8 => self.feed_file(),
                9 => self.archive_file(),
                10 => self.mail_file(),
                _ => {
                    let lines = if self.dice.percent(15) { 1 + self.dice.below(500) } else { 1 + self.dice.below(40) };
                    self.lines_file(lines.min((articles - self.input.records) as usize));
                }
            }
        }
        self.input
    }

    fn text(&mut self) -> String {
        self.number += 1;
        let paragraphs = 2 + self.dice.below(5);
        body(&mut self.dice, self.number, paragraphs)
    }

    fn text_file(&mut self) {
        self.input.records += 1;
        let mut source = self.dice.pick(&SOURCES);
        let text = if !self.texts.is_empty() && self.dice.percent(6) {
            let (text, before) = self.texts[self.dice.below(self.texts.len())].clone();
            if self.dice.percent(50) {
                source = before;
            }
            // The same text may stand in several sources by now.
            let repeat = self.texts.iter().any(|(known, at)| *known == text && *at == source);
            *(if repeat { &mut self.input.repeats } else { &mut self.input.copies }) += 1;
            text
        } else {
            let text = self.text();
            match self.dice.below(4) {
                0 => format!(
                    "Skip to main content\nLatest news\n\nStory {0} of the day\n\nBy {1}\n\n{text}\n\nShare this post\n",
                    self.number,
                    self.dice.pick(&PEOPLE)
                ),
                1 => format!("{text}\n\nAbout the author\n\nRead more: another story\n"),
                _ => format!("Story {} of the day\n\n{text}\n", self.number),
            }
        };
        self.texts.push((text.clone(), source));
        let path = format!("{source}/{:05}.txt", self.input.files.len());
        self.input.files.push(InputFile { path: path.into(), bytes: text.into_bytes() });
    }

    fn good_line(&mut self) -> String {
        self.input.records += 1;
        if self.versions
            && !self.lines.is_empty()
            && self.dice.percent(12)
            && let Some(line) = self.edited_line()
        {
            return line;
        }
        let chance = self.dice.below(100);
        if !self.lines.is_empty() && chance < 5 {
            self.input.repeats += 1;
            return self.lines[self.dice.below(self.lines.len())].0.clone();
        }
        let mut source = self.dice.pick(&SOURCES);
        let text = if !self.lines.is_empty() && chance < 10 {
            let (_, before, text) = self.lines[self.dice.below(self.lines.len())].clone();
            source = SOURCES[(SOURCES.iter().position(|one| *one == before).expect("known") + 1) % SOURCES.len()];
            self.number += 1;
            self.input.copies += u64::from(text.split_whitespace().count() >= 40);
            text
        } else if chance < 14 {
            self.number += 1;
            format!("Traffic was slow on route {} this morning.", self.number)
        } else {
            self.text()
        };
        let line = line(source, self.number, &text);
        self.lines.push((line.clone(), source, text));
        line
    }

    /// A near copy, a version, or a return to the version before it.
    fn edited_line(&mut self) -> Option<String> {
        if !self.revised.is_empty() && self.dice.percent(25) {
            self.input.revisions += 1;
            self.input.returns += 1;
            let place = self.dice.below(self.revised.len());
            return Some(self.revised.swap_remove(place));
        }
        let place = self.dice.below(self.lines.len());
        let (before, source, text) = self.lines[place].clone();
        // Long enough to be known by its text, whatever was cut.
        let paragraphs: Vec<&str> = text.split("\n\n").collect();
        if paragraphs.len() < 4 {
            return None;
        }
        if self.dice.percent(50) {
            self.number += 1;
            self.input.near += 1;
            let source = SOURCES[(SOURCES.iter().position(|one| *one == source).expect("known") + 1) % SOURCES.len()];
            let near = format!("GENEVA (North Wire) - {}", paragraphs[..paragraphs.len() - 1].join("\n\n"));
            return Some(line(source, self.number, &near));
        }
        self.lines.swap_remove(place);
        let mut revised: serde_json::Value = serde_json::from_str(&before).expect("own JSON");
        let added = format!("{}\n\nThe report was corrected by the desk.", paragraphs[1..].join("\n\n"));
        revised["text"] = Value::from(added);
        self.revised.push(before);
        self.input.revisions += 1;
        Some(revised.to_string())
    }

    fn lines_file(&mut self, lines: usize) {
        let mut content = String::new();
        for _ in 0..lines {
            if self.dice.percent(3) {
                self.input.records += 1;
                self.input.broken += 1;
                content.push_str(self.dice.pick(&[
                    "{\"text\": \"cut in the mid",
                    "no JSON at all",
                    "{\"title\": \"no text\"}",
                ]));
            } else {
                content.push_str(&self.good_line());
            }
            content.push('\n');
        }
        let number = self.input.files.len();
        let content = content.into_bytes();
        let (path, bytes) = match self.dice.below(6) {
            0 => (format!("feeds/{number:05}.jsonl.gz"), formats::gzip(&content)),
            1 => (format!("feeds/{number:05}.jsonl.zst"), formats::zstd(&content)),
            _ => (format!("feeds/{number:05}.jsonl"), content),
        };
        self.input.files.push(InputFile { path: path.into(), bytes });
    }

    /// So many new articles, each with its number.
    fn several(&mut self, most: usize) -> Vec<(u64, String)> {
        let texts = (0..1 + self.dice.below(most)).map(|_| {
            self.input.records += 1;
            let text = self.text();
            (self.number, text)
        });
        texts.collect()
    }

    fn push(&mut self, name: &str, bytes: Vec<u8>) {
        let path = format!("feeds/{:05}.{name}", self.input.files.len());
        self.input.files.push(InputFile { path: path.into(), bytes });
    }

    fn page_file(&mut self) {
        let (number, text) = self.several(1).remove(0);
        let page = formats::page(number, &text).into_bytes();
        if self.dice.percent(25) {
            self.push("html.gz", formats::gzip(&page));
        } else {
            self.push("html", page);
        }
    }

    fn feed_file(&mut self) {
        let items = self.several(12);
        self.push("xml", formats::feed(&items).into_bytes());
    }

    fn archive_file(&mut self) {
        let pages = self.several(8);
        // As crawlers write them: every record a member of its own.
        let records = formats::warc(&pages);
        self.push("warc.gz", records.iter().flat_map(|record| formats::gzip(record)).collect());
    }

    fn mail_file(&mut self) {
        let (number, text) = self.several(1).remove(0);
        self.push("eml", formats::mail(number, &text).into_bytes());
    }

    fn array_file(&mut self) {
        let lines: Vec<Value> = (0..1 + self.dice.below(4))
            .map(|_| {
                self.input.records += 1;
                let text = self.text();
                serde_json::from_str(&line("arrays", self.number, &text)).expect("own JSON")
            })
            .collect();
        let path = format!("feeds/{:05}.json", self.input.files.len());
        let bytes = serde_json::to_vec_pretty(&lines).expect("own JSON");
        self.input.files.push(InputFile { path: path.into(), bytes });
    }
}
