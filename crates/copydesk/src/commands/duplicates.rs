//! `copydesk duplicates ID|FILE`: what is like an article, how much, and why.
//!
//! Looks the ledger up and changes nothing. The ledger belongs to one process, so the daemon must not run.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use copydesk_article::{ArticleId, Sequence, Verdict};
use copydesk_clean::Guide;
use copydesk_dedup::{Candidate, Fingerprint, Horizon, Index, Likeness, candidates};
use copydesk_disk::Generation;
use copydesk_ledger::{ClusterRow, FjallLedger, Ledger, LedgerError, LedgerIndex, MemberRow};
use copydesk_pipeline::fingerprinted;
use copydesk_readers::{Found, Item, Known, Position, ReadOptions, Reader};
use serde::Serialize;

use crate::arguments::Duplicates;
use crate::config::Config;
use crate::logging;

/// All that is known about what is like one article.
#[derive(Serialize)]
struct Answer {
    /// The article, or the file and the record in it.
    article: String,
    /// Its verdict, where the desk has taken it.
    verdict: Option<Verdict>,
    /// The cluster it belongs to, or would.
    cluster: Option<Cluster>,
    /// The articles nearest to it, the likeliest first.
    alike: Vec<Alike>,
}

#[derive(Serialize)]
struct Cluster {
    #[serde(flatten)]
    row: ClusterRow,
    copies: Vec<MemberRow>,
}

#[derive(Serialize)]
struct Alike {
    id: ArticleId,
    /// The original of its cluster.
    original: ArticleId,
    /// `copy`, or why not.
    finding: &'static str,
    /// The larger of the two shares.
    containment: f64,
    resemblance: f64,
    /// Part of the article asked about that stands in this one.
    share_of_asked: f64,
    /// Part of this one that stands in the article asked about.
    share_of_found: f64,
    words_shared: usize,
    numbers: Agreement,
    names: Agreement,
}

#[derive(Serialize)]
struct Agreement {
    same: usize,
    other: usize,
}

/// Answers, on standard output.
///
/// # Errors
/// Where the ledger is in use or can't be read, or the article is not known.
pub fn run(config: Option<&Path>, arguments: &Duplicates) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let config = Config::load(config)?;
    if !config.ledger.folder.exists() {
        bail!("there is no ledger in {}: the desk has taken nothing yet", config.ledger.folder.display());
    }
    let ledger = FjallLedger::open(&config.ledger).map_err(|error| match error {
        LedgerError::Locked { folder } => anyhow::anyhow!(
            "the ledger in {} is in use: the daemon runs. Stop it, ask again, start it; or ask a store it delivers \
             to, where every copy's record names its original (`verdict.of`)",
            folder.display()
        ),
        error => error.into(),
    })?;
    let window = ledger.newest_window()?;
    let look = Look { ledger: &ledger, horizon: config.dedup.horizon(window) };
    let answers = match arguments.article.parse::<ArticleId>() {
        Ok(id) => vec![look.by_id(id)?],
        Err(_) => look.by_file(&config, Path::new(&arguments.article))?,
    };
    for answer in answers {
        if arguments.json {
            println!("{}", serde_json::to_string(&answer)?);
        } else {
            print(&answer);
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Look<'a> {
    ledger: &'a FjallLedger,
    horizon: Horizon,
}

impl Look<'_> {
    fn index(&self) -> LedgerIndex<'_> {
        LedgerIndex { ledger: self.ledger, horizon: self.horizon }
    }

    fn by_id(&self, id: ArticleId) -> anyhow::Result<Answer> {
        let row =
            self.ledger.article(id, self.horizon)?.with_context(|| format!("the desk has taken no article {id}"))?;
        let verdict = self.ledger.arrival(row.sequence)?.map(|arrival| arrival.verdict);
        let sketch = self.index().sketches(&[row.sequence])?.pop().flatten();
        let original = match (&verdict, &sketch) {
            (Some(Verdict::Duplicate { of, .. } | Verdict::NearDuplicate { of, .. }), _) => {
                self.ledger.article(*of, self.horizon)?.map(|row| row.sequence)
            }
            (_, Some(sketch)) => Some(sketch.of.map_or(row.sequence, |of| of.sequence)),
            _ => Some(row.sequence),
        };
        let alike = match sketch {
            Some(sketch) => self.alike(&Fingerprint::of_sketch(sketch.sketch), Some(id))?,
            None => Vec::new(),
        };
        Ok(Answer { article: id.to_string(), verdict, cluster: self.cluster(original)?, alike })
    }

    fn by_file(&self, config: &Config, path: &Path) -> anyhow::Result<Vec<Answer>> {
        let full = path
            .canonicalize()
            .with_context(|| format!("{} is neither an article's id (32 digits) nor a file", path.display()))?;
        let (Some(root), Some(name)) = (full.parent(), full.file_name()) else {
            bail!("{} names no file", path.display())
        };
        let found = Found { path: name.into(), generation: Generation::of_path(&full)?, follow: false };
        let options =
            ReadOptions { max_record_bytes: config.intake.max_record_bytes, sources: Arc::new(config.sources.clone()) };
        let mut reader = Reader::open(root, &found, Position::default(), &Known::default(), &options)?;
        let urls = config.dedup.url_rules();
        let mut answers = Vec::new();
        while let Some(item) = reader.next()? {
            let Item::Record(record) = item else { continue };
            let source = config.source_rules.get(&record.source_name);
            let guide = Guide { source_name: &record.source_name, source, ..Guide::default() };
            let (_, text) = fingerprinted(&record.content, &record.supplied, config.clean.mode, &guide, &urls);
            let known = text.text.map(|key| self.index().text(key)).transpose()?.flatten();
            let alike = self.alike(&text, None)?;
            let copied = alike.first().filter(|nearest| nearest.finding == "copy").map(|nearest| nearest.original);
            let original = match (known, copied) {
                (Some(row), _) => Some(row.original.sequence),
                (None, Some(of)) => self.ledger.article(of, self.horizon)?.map(|row| row.sequence),
                (None, None) => None,
            };
            answers.push(Answer {
                article: format!("{}, record {}", path.display(), record.index),
                verdict: None,
                cluster: self.cluster(original)?,
                alike,
            });
        }
        if answers.is_empty() {
            bail!("{} holds no article", path.display());
        }
        Ok(answers)
    }

    fn cluster(&self, original: Option<Sequence>) -> anyhow::Result<Option<Cluster>> {
        let Some(original) = original else { return Ok(None) };
        let Some(row) = self.ledger.cluster(original)? else { return Ok(None) };
        let copies = self.ledger.members(original)?.into_iter().map(|(_, member)| member).collect();
        Ok(Some(Cluster { row, copies }))
    }

    fn alike(&self, text: &Fingerprint, itself: Option<ArticleId>) -> anyhow::Result<Vec<Alike>> {
        let found = candidates(&self.index(), text)?;
        Ok(found.iter().filter(|candidate| Some(candidate.article.id) != itself).map(alike).collect())
    }
}

fn alike(candidate: &Candidate) -> Alike {
    let comparison = &candidate.comparison;
    Alike {
        id: candidate.article.id,
        original: candidate.original.id,
        finding: candidate.finding.as_str(),
        containment: comparison.containment(),
        resemblance: comparison.resemblance,
        share_of_asked: comparison.left_share,
        share_of_found: comparison.right_share,
        words_shared: comparison.shared,
        numbers: Agreement { same: comparison.same_numbers, other: comparison.other_numbers },
        names: Agreement { same: comparison.same_names, other: comparison.other_names },
    }
}

fn print(answer: &Answer) {
    println!("{}", answer.article);
    match &answer.verdict {
        Some(Verdict::Duplicate { of, .. }) => println!("  a copy of {of}"),
        Some(Verdict::NearDuplicate { of, similarity, measure }) => {
            println!("  nearly a copy of {of}: {similarity:.2} by {}", word(measure));
        }
        Some(Verdict::Revision { of }) => println!("  a revision of {of}"),
        Some(Verdict::Original) => println!("  an original"),
        Some(_) | None => {}
    }
    if let Some(Cluster { row, copies }) = &answer.cluster {
        let published = row.published.as_deref().unwrap_or("not known");
        println!("  cluster of {}: {} article(s), first seen {}", row.original, row.members, row.first_seen);
        println!("    earliest publication: {published}; sites: {}", row.sites.join(", "));
        for copy in copies {
            let likeness = match copy.likeness {
                Some(Likeness { similarity, measure }) => format!("{similarity:.2} by {}", word(&measure)),
                None => "the same text".to_owned(),
            };
            println!("    {} {likeness}, {}", copy.id, copy.site);
        }
    }
    for one in &answer.alike {
        println!(
            "  {}: {}; {} words shared, {:.0} % of this, {:.0} % of that; numbers {} same, {} other; names {} same, {} other",
            one.id,
            one.finding.replace('_', " "),
            one.words_shared,
            100.0 * one.share_of_asked,
            100.0 * one.share_of_found,
            one.numbers.same,
            one.numbers.other,
            one.names.same,
            one.names.other,
        );
    }
    if answer.alike.is_empty() && answer.cluster.is_none() {
        println!("  nothing like it is known");
    }
}

fn word(measure: &impl Serialize) -> String {
    serde_json::to_value(measure).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
