//! `ner`: the tagger's models, from labelled corpora.

mod corpus;
mod examples;
mod field;
mod learn;
mod lists;
mod places;
mod score;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use copydesk_entities::tagger::Tagger;
use copydesk_entities::tagger::lists::Lists;
use copydesk_entities::tagger::model::Model;

use crate::random::Random;
use corpus::{Text, kinds_by_name};
use learn::Title;

/// Parts of the tagger.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// The lists that every model is learned with.
    Lists(lists::Sources),
    /// The atlas: where places are.
    Places(places::Sources),
    /// A model.
    Train(Training),
    /// Scores of a model.
    Score(Scoring),
}

/// What a model is learned from, and where it goes.
#[derive(clap::Args)]
pub(crate) struct Training {
    /// A corpus and the kinds it labels wherever they stand, `FILE=PER,ORG,LOC`; again for every corpus. `+rules`
    /// after the kinds has dates and amounts of money labelled by rule, and `*0.3` after that makes it count less.
    #[arg(long, required = true, value_name = "FILE=KINDS")]
    corpus: Vec<String>,
    /// A corpus that is not learned from, to score with.
    #[arg(long, value_name = "FILE=KINDS")]
    dev: Vec<String>,
    /// The lists.
    #[arg(long, default_value = "crates/entities/models/lists.bin")]
    lists: PathBuf,
    /// The model file to write.
    #[arg(long)]
    output: PathBuf,
    /// Name of the model; it stands in every record that the model was used for.
    #[arg(long)]
    name: String,
    /// ISO 639-1 code of the language of the corpora: only texts in it are read with the model.
    #[arg(long, default_value = "en")]
    language: String,
    /// Counts the models of that name.
    #[arg(long, default_value_t = 1)]
    version: u16,
    #[command(flatten)]
    effort: learn::Effort,
}

/// A model to score.
#[derive(clap::Args)]
pub(crate) struct Scoring {
    /// The model.
    #[arg(long)]
    model: PathBuf,
    /// The lists.
    #[arg(long, default_value = "crates/entities/models/lists.bin")]
    lists: PathBuf,
    /// A corpus to score with.
    #[arg(long, value_name = "FILE=KINDS")]
    dev: Vec<String>,
}

/// Runs one of them.
pub(crate) fn run(command: &Command) -> Result<()> {
    match command {
        Command::Lists(sources) => lists::run(sources),
        Command::Places(sources) => places::run(sources),
        Command::Train(training) => train(training),
        Command::Score(Scoring { model, lists, dev }) => scores(&bytes(model)?, &bytes(lists)?, dev),
    }
}

fn train(training: &Training) -> Result<()> {
    let list_bytes = bytes(&training.lists)?;
    let lists = Lists::read(&list_bytes).with_context(|| no_lists(&training.lists))?;
    let mut random = Random::new(training.effort.seed);
    let mut texts = Vec::new();
    for corpus in &training.corpus {
        texts.extend(read(corpus, &mut random)?);
    }
    let Training { name, language, version, .. } = training;
    if name.len() > 16 || language.len() > 8 {
        bail!("a model's name takes 16 bytes and its language 8: shorten `{name}` or `{language}`");
    }
    let title = Title { name, language, evaluated: !training.dev.is_empty(), version: *version };
    let model = learn::learn(&texts, &lists, training.effort, &title);
    std::fs::write(&training.output, &model)
        .with_context(|| format!("can't write the model {}", training.output.display()))?;
    scores(&model, &list_bytes, &training.dev)
}

fn scores(model: &[u8], lists: &[u8], dev: &[String]) -> Result<()> {
    let lists = Lists::read(lists).context("these are no lists of this version; make them again")?;
    let tagger = Tagger::new(Model::read(model)?, lists);
    for corpus in dev {
        let texts = read(corpus, &mut Random::new(0))?;
        println!("{corpus}: {}", score::score(&tagger, &texts));
    }
    Ok(())
}

fn no_lists(path: &Path) -> String {
    format!("{} holds no lists of this version; make them with `ner lists`", path.display())
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("can't read {}", path.display()))
}

/// Reads `FILE=KINDS`, `FILE=KINDS+rules`, `FILE=KINDS*WEIGHT`.
fn read(corpus: &str, random: &mut Random) -> Result<Vec<Text>> {
    let (path, kinds) = corpus
        .rsplit_once('=')
        .with_context(|| format!("`{corpus}` does not say which kinds the corpus labels; write FILE=PER,ORG,LOC"))?;
    let (kinds, weight) = match kinds.split_once('*') {
        Some((kinds, weight)) => {
            (kinds, weight.parse().with_context(|| format!("`{weight}` is no weight in {corpus}"))?)
        }
        None => (kinds, 1.0),
    };
    let (kinds, by_rule) = kinds.strip_suffix("+rules").map_or((kinds, false), |kinds| (kinds, true));
    let mut texts = corpus::read(Path::new(path), kinds_by_name(kinds)?, random)?;
    if by_rule {
        texts.iter_mut().for_each(corpus::add_by_rule);
    }
    texts.iter_mut().for_each(|text| text.weight = weight);
    Ok(texts)
}
