//! `scale-dedup`: how fast recognising copies is when a million articles are known, and what that takes.
//!
//! One thread fingerprints and judges, and every 256 articles go into the ledger's index in one batch, as in the desk
//! but without a sync, records or sinks. Processor time is that of the whole process, the store's own threads included,
//! less what making the articles up took. How many anchors of an article are known, and with how many texts it is
//! compared, is told besides: that is work which grows with what is known, however it is kept. With `--signatures` there
//! are no texts: random anchors, of which some are common, go through the index alone.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::ensure;
use clap::Args;
use copydesk_article::{ArticleId, Sequence};
use copydesk_dedup::{
    AddressRow, Article, Changes, Fingerprint, Holder, Horizon, Index, Judgement, Recent, SketchRow, TextRow, Window,
    judge,
};
use copydesk_ledger::{FjallLedger, Ledger, LedgerIndex, Options as LedgerOptions};

use crate::process::{cpu_seconds, peak_memory_bytes, thread_cpu_seconds};
use crate::random::Random;
use crate::synthesis::Synthesis;
use xxhash_rust::xxh3::xxh3_64;

/// Articles a batch.
const BATCH: u64 = 256;

/// Times the figures are reported.
const SLICES: u64 = 10;

/// Anchors of a signature.
const ANCHORS: usize = 24;

/// Options of `scale-dedup`.
#[derive(Args, Debug)]
pub struct Options {
    /// A corpus to make articles from.
    #[arg(long, value_name = "FOLDER", required_unless_present = "signatures")]
    pub corpus: Option<PathBuf>,
    /// How many articles.
    #[arg(long, default_value_t = 1_000_000)]
    pub articles: u64,
    /// Of a hundred articles, so many are copies of one before.
    #[arg(long, default_value_t = 15)]
    pub copies: usize,
    /// In how many windows of time they come.
    #[arg(long, default_value_t = 3)]
    pub windows: u64,
    /// Seed of the articles.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Threads that fingerprint. The verdicts must not depend on them: their digest is printed.
    #[arg(long, default_value_t = 1)]
    pub workers: usize,
    /// Random signatures instead of articles: the index alone.
    #[arg(long)]
    pub signatures: bool,
    /// Memory for filters of known keys, as `[ledger] filter_bytes`.
    #[arg(long, value_name = "BYTES", default_value_t = LedgerOptions::default().filter_bytes)]
    pub filter_bytes: u64,
    /// Folder for the ledger; it must be empty [default: a temporary one].
    #[arg(long, value_name = "FOLDER")]
    pub folder: Option<PathBuf>,
}

/// Streams, and prints figures as they come.
///
/// # Errors
/// Where the corpus can't be read or the ledger fails.
pub fn run(options: &Options) -> anyhow::Result<()> {
    ensure!(options.articles >= SLICES * BATCH, "take at least {} articles", SLICES * BATCH);
    let scratch = tempfile::tempdir()?;
    let folder = options.folder.clone().unwrap_or_else(|| scratch.path().to_owned());
    let ledger_options = LedgerOptions { folder, filter_bytes: options.filter_bytes, ..LedgerOptions::default() };
    let source = match &options.corpus {
        Some(corpus) if !options.signatures => Source::Articles(Synthesis::of(corpus, options.seed, options.copies)?),
        _ => Source::Signatures(options.seed),
    };
    let before = peak_memory_bytes("self")?;
    let mut stream = Stream {
        ledger: FjallLedger::open(&ledger_options)?,
        recent: Recent::default(),
        copies: 0,
        digest: 0,
        asked: Asked::default(),
    };
    let slice = options.articles / SLICES;
    let mut done = 0;
    for number in 0..SLICES {
        let (started, mut making) = (cpu_seconds("self")?, 0.0);
        let until = if number + 1 == SLICES { options.articles } else { done + slice };
        let articles = until - done;
        while done < until {
            let batch = done + 1..=(done + BATCH).min(until);
            done = *batch.end();
            making += stream.take(&source, batch, options)?;
        }
        let seconds = cpu_seconds("self")?.since(started).total() - making;
        let (bytes, _) = stream.ledger.disk_bytes()?;
        println!(
            "{done} articles: {:.0} a processor second, {} bytes on disk an article, {} copies, peak memory {} MiB; \
             {:.1} anchors known and {:.2} texts compared an article",
            articles as f64 / seconds,
            bytes / done,
            stream.copies,
            peak_memory_bytes("self")? >> 20,
            stream.asked.known.take() as f64 / articles as f64,
            stream.asked.compared.take() as f64 / articles as f64,
        );
    }
    println!("digest of the verdicts: {:016x}", stream.digest);
    println!("peak memory before the first article: {} MiB (the corpus)", before >> 20);
    let ledger = reopened(stream, &ledger_options)?;
    expire(&ledger, options.windows as u32)
}

enum Source {
    Articles(Synthesis),
    Signatures(u64),
}

struct Stream {
    ledger: FjallLedger,
    recent: Recent,
    copies: u64,
    /// Of all verdicts so far.
    digest: u64,
    asked: Asked,
}

/// What judging asked the index for.
#[derive(Default)]
struct Asked {
    /// Anchors that were known.
    known: Cell<u64>,
    /// Texts read to be compared.
    compared: Cell<u64>,
}

/// An index that counts what it is asked for.
struct Counted<'a, I> {
    index: I,
    asked: &'a Asked,
}

impl<I: Index> Index for Counted<'_, I> {
    type Error = I::Error;

    fn text(&self, key: u128) -> Result<Option<TextRow>, I::Error> {
        self.index.text(key)
    }

    fn holders(&self, keys: &[u64]) -> Result<Vec<Vec<Sequence>>, I::Error> {
        let holders = self.index.holders(keys)?;
        let known = holders.iter().filter(|holders| !holders.is_empty()).count() as u64;
        self.asked.known.set(self.asked.known.get() + known);
        Ok(holders)
    }

    fn sketches(&self, sequences: &[Sequence]) -> Result<Vec<Option<SketchRow>>, I::Error> {
        self.asked.compared.set(self.asked.compared.get() + sequences.len() as u64);
        self.index.sketches(sequences)
    }

    fn address(&self, key: u128) -> Result<Option<AddressRow>, I::Error> {
        self.index.address(key)
    }
}

impl Stream {
    /// Takes a batch; the processor seconds that making it up took.
    fn take(
        &mut self,
        source: &Source,
        numbers: std::ops::RangeInclusive<u64>,
        options: &Options,
    ) -> anyhow::Result<f64> {
        let began = thread_cpu_seconds();
        let last = Sequence(*numbers.end());
        let texts: Vec<(u64, String)> = match source {
            Source::Articles(made) => numbers.clone().map(|number| (number, made.text(number))).collect(),
            Source::Signatures(_) => Vec::new(),
        };
        let making = thread_cpu_seconds() - began;
        let window = |number: u64| Window((number * options.windows / (options.articles + 1)) as u32);
        let mut batch = Vec::with_capacity(BATCH as usize);
        for (number, text) in fingerprints(&texts, options.workers) {
            batch.push(self.judge(number, window(number), &text)?);
        }
        if let Source::Signatures(seed) = source {
            for number in numbers {
                batch.push(self.look_up(*seed, number, window(number))?);
            }
        }
        self.ledger.remember(&batch)?;
        self.recent.settle(last);
        Ok(making)
    }

    fn judge(&mut self, number: u64, window: Window, text: &Fingerprint) -> anyhow::Result<Changes> {
        let id = ArticleId::of("scale", None, &number.to_be_bytes());
        let article = Article { id, sequence: Sequence(number), window, fetched: None, text };
        let index = LedgerIndex { ledger: &self.ledger, horizon: Horizon::default() };
        let over = self.recent.over(&index, Horizon::default());
        let counted = Counted { index: over, asked: &self.asked };
        let outcome = judge(&counted, &article, &copydesk_dedup::Options::default())?;
        self.copies += u64::from(outcome.judgement != Judgement::Original);
        let verdict = format!("{:016x} {number} {:?}", self.digest, outcome.judgement);
        self.digest = xxh3_64(verdict.as_bytes());
        self.recent.push(outcome.changes.clone());
        Ok(outcome.changes)
    }

    /// A signature, after the look-ups that judging an original takes.
    fn look_up(&mut self, seed: u64, number: u64, window: Window) -> anyhow::Result<Changes> {
        // Not by the generator's own step: the next signature would be this one less its first number.
        let mut random = Random::new(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        let mut wide = || (random.below(usize::MAX) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let text = u128::from(wide()) << 64 | u128::from(wide());
        // One in twenty is a common phrase.
        let mut anchors: Vec<u64> = (0..ANCHORS).map(|_| wide()).collect();
        for anchor in &mut anchors {
            if *anchor % 20 == 0 {
                *anchor %= 100_000;
            }
        }
        let index = LedgerIndex { ledger: &self.ledger, horizon: Horizon::default() };
        let over = self.recent.over(&index, Horizon::default());
        let counted = Counted { index: over, asked: &self.asked };
        counted.text(text)?;
        counted.holders(&anchors)?;
        let original = Holder { id: ArticleId::of("scale", None, &number.to_be_bytes()), sequence: Sequence(number) };
        let changes = Changes {
            sequence: Sequence(number),
            window,
            text: Some((text, TextRow { original, likeness: None })),
            anchors,
            sketch: None,
            address: None,
        };
        self.recent.push(changes.clone());
        Ok(changes)
    }
}

/// The texts' fingerprints, in their order, by so many threads.
fn fingerprints(texts: &[(u64, String)], workers: usize) -> Vec<(u64, Fingerprint)> {
    let of = |texts: &[(u64, String)]| -> Vec<(u64, Fingerprint)> {
        texts.iter().map(|(number, text)| (*number, Fingerprint::of(text, None))).collect()
    };
    if workers <= 1 {
        return of(texts);
    }
    std::thread::scope(|scope| {
        let parts = texts.chunks(texts.len().div_ceil(workers).max(1));
        let parts: Vec<_> = parts.map(|part| scope.spawn(move || of(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

fn reopened(stream: Stream, options: &LedgerOptions) -> anyhow::Result<FjallLedger> {
    drop(stream);
    let (started, cpu) = (Instant::now(), cpu_seconds("self")?);
    let ledger = FjallLedger::open(options)?;
    let cpu = cpu_seconds("self")?.since(cpu).total();
    println!("opened again in {:.2} s ({cpu:.2} processor seconds)", started.elapsed().as_secs_f64());
    Ok(ledger)
}

fn expire(ledger: &FjallLedger, windows: u32) -> anyhow::Result<()> {
    let (before, _) = ledger.disk_bytes()?;
    for window in 1..windows {
        let (started, cpu) = (Instant::now(), cpu_seconds("self")?);
        ledger.forget(Horizon { keys: Window(window), texts: Window(window) })?;
        let (bytes, _) = ledger.disk_bytes()?;
        println!(
            "window {window} of {windows} expired in {:.2} s ({:.2} processor seconds): {} of {} MiB left",
            started.elapsed().as_secs_f64(),
            cpu_seconds("self")?.since(cpu).total(),
            bytes >> 20,
            before >> 20,
        );
    }
    Ok(())
}
