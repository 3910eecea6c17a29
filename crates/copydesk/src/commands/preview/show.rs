//! A record for people: what was read, what was decided, the text with its cuts and mends in place, the names.
//!
//! Without colours a cut stands as `[-text-]{reason}`, a mend as `[~text~]{kind}`, and what recurs on the site but reads
//! as a sentence, and so stays, as `[=text=]{reason}`, so that the output can be searched and compared. Of a page the
//! markup itself is nothing to look at: the text stands as it came out, and what was left out is listed.

use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::path::Path;

use copydesk_article::{Author, DateStamp, Record, Removal, Verdict};
use serde::Serialize;

use super::Seen;
use crate::commands::terminal::{Style, Terminal, harmless};

/// Mentions of a name that are shown.
const MENTIONS: usize = 6;

/// Writes to standard output.
pub struct Printer {
    terminal: Terminal,
}

impl Printer {
    /// With colours where a terminal shows them and nobody asked for none (<https://no-color.org>).
    pub fn for_stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { terminal: Terminal { colours: wanted && std::io::stdout().is_terminal() } }
    }

    /// One line of JSON.
    pub fn json(&self, seen: &Seen) -> anyhow::Result<()> {
        write(&format!("{}\n", serde_json::to_string(seen)?))
    }

    /// A page for people.
    pub fn show(&self, path: &Path, seen: &Seen) -> anyhow::Result<()> {
        let mut page = Page { terminal: self.terminal, text: String::new() };
        page.line(Style::Heading, &format!("{}, record {}", path.display(), seen.record));
        page.verdict(&seen.verdict);
        if let Some(article) = &seen.article {
            page.metadata(article);
            match &seen.source_text {
                Some(source) if !seen.is_markup => page.source(source, article),
                _ => page.body(article),
            }
            page.names(article);
        }
        page.text.push('\n');
        write(&page.text)
    }
}

/// Whoever closes the pipe has seen enough.
fn write(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// What was done to a stretch of the source; where several begin, the first in this order is shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Cut,
    /// Known to recur, and left.
    Noted,
    Mended,
}

/// Why something was cut or marked, and what proves it.
fn why(cut: &Removal) -> String {
    match &cut.evidence {
        Some(evidence) => format!("{}: {evidence}", word(&cut.reason)),
        None => word(&cut.reason),
    }
}

/// How a value stands in the record: its own word for it.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

struct Page {
    terminal: Terminal,
    text: String,
}

impl Page {
    fn line(&mut self, style: Style, text: &str) {
        self.text.push_str(&self.terminal.paint(style, text));
        self.text.push('\n');
    }

    /// A field and its value; nothing where there is none.
    fn field(&mut self, name: &str, value: Option<String>) {
        let Some(value) = value.filter(|value| !value.is_empty()) else { return };
        let name = self.terminal.paint(Style::Dim, &format!("{name:<13}"));
        self.text.push_str(&name);
        self.text.push_str(&harmless(&value).replace('\n', " "));
        self.text.push('\n');
    }

    fn verdict(&mut self, verdict: &Verdict) {
        let said = match verdict {
            Verdict::Original => "original (of an empty ledger)".to_owned(),
            Verdict::Quarantined { stage, reason, detail } => {
                let said = format!("would go to quarantine in {stage}: {}: {detail}", reason.as_str());
                return self.line(Style::Warning, &said);
            }
            other => word(other),
        };
        self.field("verdict", Some(said));
    }

    fn metadata(&mut self, article: &Record) {
        let charset = article.source.charset.as_deref().unwrap_or("fixed by the format");
        let source = &article.source;
        self.field(
            "read as",
            Some(format!(
                "{}, {} bytes, charset {charset}, source {}",
                word(&source.format),
                source.bytes,
                source.name
            )),
        );
        self.field("site", article.site.clone());
        self.field("url", article.url.canonical.clone().or_else(|| article.url.supplied.clone()));
        self.field("title", article.title.clone());
        self.field("subtitle", article.subtitle.clone());
        self.field("authors", Some(article.authors.iter().map(author).collect::<Vec<_>>().join("; ")));
        self.field("published", article.published.as_ref().map(date));
        self.field("modified", article.modified.as_ref().map(date));
        self.field("kind", article.kind.clone());
        self.field("completeness", article.completeness.clone());
        self.field("sections", Some(article.sections.join(", ")));
        self.field("tags", Some(article.tags.join(", ")));
        let language = &article.language;
        let parts = language.parts.iter().map(|part| format!(", {} {}–{}", part.code, part.start, part.end));
        let said = format!("{} ({:.2}){}", language.code, language.confidence, parts.collect::<String>());
        self.field("language", Some(said));
        for conflict in &article.conflicts {
            self.field("conflict", Some(word(conflict)));
        }
        for problem in &article.problems {
            self.line(Style::Warning, &format!("problem      {}: {}", problem.stage, problem.detail));
        }
    }

    /// The source with what was done to it, in place.
    fn source(&mut self, source: &str, article: &Record) {
        let cuts = article.removed.iter().map(|cut| (cut.start, cut.end, Mark::Cut, why(cut)));
        let noted = article.marked.iter().map(|cut| (cut.start, cut.end, Mark::Noted, why(cut)));
        let mends = article.repairs.iter().map(|mend| (mend.start, mend.end, Mark::Mended, word(&mend.kind)));
        let mut marks: Vec<_> = cuts.chain(noted).chain(mends).collect();
        marks.sort_by_key(|&(start, end, mark, _)| (start, mark, end));
        self.heading("text, as it came");
        // Byte positions of all characters, and of the end.
        let starts: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
        let byte = |position: usize| starts[position.min(starts.len() - 1)];
        let mut at = 0;
        for (start, end, mark, why) in marks {
            if start < at {
                // A mend inside a cut, or a second one at the same place.
                continue;
            }
            self.text.push_str(&harmless(&source[byte(at)..byte(start)]));
            self.mark(&source[byte(start)..byte(end)], &why, mark);
            at = end.max(start);
        }
        self.text.push_str(&harmless(&source[byte(at)..]));
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn mark(&mut self, text: &str, why: &str, mark: Mark) {
        let (style, sign) = match mark {
            Mark::Cut => (Style::Removed, '-'),
            Mark::Noted => (Style::Name, '='),
            Mark::Mended => (Style::Repaired, '~'),
        };
        if self.terminal.colours {
            self.text.push_str(&self.terminal.paint(style, text));
            self.text.push_str(&self.terminal.paint(Style::Dim, &format!(" ({why})")));
            return;
        }
        write!(self.text, "[{sign}{}{sign}]{{{why}}}", harmless(text)).unwrap_or_default();
    }

    /// The text as it came out of a page, and what was left out.
    fn body(&mut self, article: &Record) {
        self.heading("text, as it is delivered");
        self.text.push_str(&harmless(&article.text));
        self.text.push('\n');
        if !article.removed.is_empty() {
            self.heading("left out");
        }
        for cut in &article.removed {
            self.mark(cut.text.trim(), &why(cut), Mark::Cut);
            self.text.push('\n');
        }
    }

    fn names(&mut self, article: &Record) {
        if article.entities.is_empty() {
            return;
        }
        self.heading("names");
        for entity in &article.entities {
            let name = self.terminal.paint(Style::Name, &entity.name);
            let mut mentions: Vec<&str> = Vec::new();
            for mention in &entity.mentions {
                if !mentions.contains(&mention.text.as_str()) && mention.text != entity.name {
                    mentions.push(&mention.text);
                }
            }
            mentions.truncate(MENTIONS);
            let also =
                if mentions.is_empty() { String::new() } else { format!(", also “{}”", mentions.join("”, “")) };
            let ids = if entity.ids.is_empty() { String::new() } else { format!(" [{}]", entity.ids.join(" ")) };
            let line = format!(" ×{}{also}{ids}", entity.mentions.len());
            writeln!(self.text, "{:<6}{name}{}", word(&entity.kind), harmless(&line)).unwrap_or_default();
        }
    }

    fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.line(Style::Heading, text);
    }
}

fn author(author: &Author) -> String {
    let mut said = format!("{} ({}", author.name, word(&author.kind));
    if author.raw != author.name {
        write!(said, ", from “{}”", author.raw).unwrap_or_default();
    }
    said + ")"
}

fn date(stamp: &DateStamp) -> String {
    format!(
        "{} ({}, zone {}, said by the {}: “{}”, {} confidence)",
        stamp.value,
        word(&stamp.precision),
        word(&stamp.zone),
        word(&stamp.from),
        stamp.raw,
        word(&stamp.confidence)
    )
}
