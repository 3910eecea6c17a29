//! `predict`: one part of the desk over a test set.
//!
//! Every task goes through the public functions that the stages call, with the default configuration. There is
//! no path of its own for a test set, so a score is a score of the desk. Inputs and outputs are those of the
//! scorers; any input may be packed (`.gz`).

mod canon;
mod charset;
mod entities;
mod extract;
mod langid;
mod meta;
mod mojibake;
mod neardup;
mod plain;
mod stream;

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use copydesk_article::Supplied;
use copydesk_clean::{Cleaned, Input, Mode, Source, clean};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::corpus;
use crate::process::{cpu_seconds, thread_cpu_seconds};

/// Options of `predict`.
#[derive(Args, Debug)]
pub struct Options {
    /// What to predict.
    pub task: Task,
    /// The test set.
    #[arg(long, value_name = "PATH")]
    pub input: PathBuf,
    /// Where the predictions go.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// The parts of the desk with a test set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "lower")]
pub enum Task {
    /// The article in a page saved as text.
    Plain,
    /// The language of a text.
    Langid,
    /// Copies and near copies, in a stream.
    Neardup,
    /// Names in a text.
    Entities,
    /// The charset of a file.
    Charset,
    /// Text decoded with the wrong charset.
    Mojibake,
    /// The article in an HTML page.
    Extract,
    /// Title, author and date of an HTML page.
    Meta,
    /// The article among the template of its site, learned along the stream.
    Stream,
    /// Names that mean the same.
    Canon,
}

/// Predicts, and says on standard error how much processor time it took, reading and writing included; of pages, also
/// which took the most.
///
/// # Errors
/// Where the test set can't be read, or the predictions can't be written.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let Options { task, input, output } = options;
    let predict = match task {
        Task::Plain => plain::predict,
        Task::Langid => langid::predict,
        Task::Neardup => neardup::predict,
        Task::Entities => entities::predict,
        Task::Charset => charset::predict,
        Task::Extract => extract::predict,
        Task::Meta => meta::predict,
        Task::Stream => stream::predict,
        Task::Mojibake => mojibake::predict,
        Task::Canon => canon::predict,
    };
    let before = cpu_seconds("self")?;
    let documents = predict(input, output)?;
    let seconds = cpu_seconds("self")?.since(before).total();
    eprintln!("{documents} documents in {seconds:.2} processor seconds");
    Ok(())
}

/// Which document took the most processor time.
#[derive(Default)]
struct Slowest {
    id: String,
    seconds: f64,
}

impl Slowest {
    /// Does the work on one document.
    fn time<T>(&mut self, id: &str, work: impl FnOnce() -> T) -> T {
        let before = thread_cpu_seconds();
        let done = work();
        let seconds = thread_cpu_seconds() - before;
        if seconds > self.seconds {
            *self = Self { id: id.to_owned(), seconds };
        }
        done
    }

    /// Says it on standard error.
    fn tell(&self) {
        eprintln!("the slowest is {} with {:.0} processor milliseconds", self.id, self.seconds * 1000.0);
    }
}

/// Cleans a text as the stage does that gets one from a record.
fn cleaned(text: &str) -> Cleaned {
    clean(&Input { source: Source::Text(text), supplied: &Supplied::default(), mode: Mode::default() })
}

/// The packed pages of a folder, in the order of their names: what stands before an ending, and the bytes.
fn pages(folder: &Path, ending: &str) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(String, Vec<u8>)>>> {
    let failed = || format!("can't list {}; a test set of pages has its pages there", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        paths.push(entry.with_context(failed)?.path());
    }
    paths.sort();
    let ending = format!("{ending}.gz");
    Ok(paths.into_iter().filter_map(move |path| {
        let id = path.file_name()?.to_str()?.strip_suffix(&ending)?.to_owned();
        let mut bytes = Vec::new();
        let read = corpus::open(&path).and_then(|mut file| {
            file.read_to_end(&mut bytes).with_context(|| format!("can't read {}", path.display()))
        });
        Some(read.map(|_| (id, bytes)))
    }))
}

/// Reads a JSON file.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    serde_json::from_reader(corpus::open(path)?)
        .with_context(|| format!("{} is not a test set of this task", path.display()))
}

/// Reads a JSON Lines file, line by line.
fn read_lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<T>>> {
    Ok(corpus::lines(path)?.map(|line| {
        let (number, line) = line?;
        serde_json::from_str(&line)
            .with_context(|| format!("line {number} of {} is not one of this task's test sets", path.display()))
    }))
}

/// Writes a JSON file.
fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    write_lines(path, std::iter::once(Ok(value)))
}

/// Writes a JSON Lines file.
fn write_lines<T: Serialize>(path: &Path, values: impl Iterator<Item = anyhow::Result<T>>) -> anyhow::Result<()> {
    let failed = || format!("can't write {}", path.display());
    let mut file = BufWriter::new(File::create(path).with_context(failed)?);
    for value in values {
        serde_json::to_writer(&mut file, &value?).with_context(failed)?;
        file.write_all(b"\n").with_context(failed)?;
    }
    file.flush().with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn predict(task: Task, input: &str) -> anyhow::Result<String> {
        let folder = tempfile::tempdir()?;
        let options = Options { task, input: folder.path().join("in"), output: folder.path().join("out") };
        std::fs::write(&options.input, input)?;
        run(&options)?;
        Ok(std::fs::read_to_string(&options.output)?)
    }

    #[test]
    fn a_text_is_cleaned_as_the_desk_cleans_it() {
        let page = "The ferry to the island sailed again on Monday after a week of storms.\\n\\nShare this article";
        let predicted = predict(Task::Plain, &format!("{{\"a\": \"{page}\"}}")).expect("predicted");
        assert!(predicted.contains("sailed again") && !predicted.contains("Share this"), "{predicted}");
    }

    #[test]
    fn a_language_is_its_code() {
        let text = "Die Fähre zur Insel fährt seit Montag wieder, nachdem der Sturm eine Woche lang gedauert hatte.";
        let predicted = predict(Task::Langid, &format!("{{\"a\": {{\"text\": \"{text}\", \"kind\": \"x\"}}}}"));
        assert_eq!(predicted.expect("predicted").trim(), "{\"a\":\"de\"}");
    }

    #[test]
    fn copies_share_the_label_of_the_first() {
        let story = |word: &str| format!("{word} ferry sailed to the island on Monday. ").repeat(12);
        let other = "A baker in the old town sold her last loaf and closed the shop for good. ".repeat(8);
        let line = |id: &str, text: String| format!("{{\"id\": \"{id}\", \"text\": \"{text}\"}}\n");
        let set = line("a", story("The")) + &line("b", other) + &line("c", story("the").replace(' ', "  "));
        let predicted = predict(Task::Neardup, &set).expect("predicted");
        assert_eq!(predicted.trim(), r#"{"a":"a","b":"b","c":"a"}"#);
    }

    #[test]
    fn names_are_counted_in_characters_of_the_text_given() {
        let text = "Zürich – The ministers of both countries met in Paris on Monday.";
        let predicted =
            predict(Task::Entities, &format!("{{\"id\": \"a\", \"text\": \"{text}\"}}\n")).expect("predicted");
        let document: serde_json::Value = serde_json::from_str(&predicted).expect("JSON");
        let characters: Vec<char> = text.chars().collect();
        let mut names = Vec::new();
        for entity in document["entities"].as_array().expect("entities") {
            for mention in entity["mentions"].as_array().expect("mentions") {
                let at = |key: &str| mention[key].as_u64().expect("offset") as usize;
                names.push(characters[at("start")..at("end")].iter().collect::<String>());
            }
        }
        assert!(names.contains(&"Paris".to_owned()), "{names:?}");
    }

    #[test]
    fn mentions_of_one_entity_share_a_label_across_documents() {
        let line = |doc: &str, text: &str, mentions: &str| {
            format!("{{\"doc\": \"{doc}\", \"text\": \"{text}\", \"mentions\": [{mentions}]}}\n")
        };
        let person = |start: usize, end: usize| format!("{{\"start\": {start}, \"end\": {end}, \"type\": \"PER\"}}");
        let set = line("a", "Tuva Ekholm rang. Ekholm left.", &format!("{}, {}", person(0, 11), person(18, 24)))
            + &line("b", "Tuva Ekholm won.", &person(0, 11))
            + &line("c", "Ekholm won.", &person(0, 6));
        let predicted: serde_json::Value =
            serde_json::from_str(&predict(Task::Canon, &set).expect("predicted")).expect("JSON");
        assert_eq!(predicted["a"][0], predicted["a"][1]);
        assert_eq!(predicted["a"][0], predicted["b"][0]);
        assert_ne!(predicted["a"][0], predicted["c"][0]);
    }
}
