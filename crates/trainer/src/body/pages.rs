//! Web pages as lines, each known to be of the article or not.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use copydesk_article::Supplied;
use copydesk_clean::{Input, Mode, Source, clean};
use flate2::read::GzDecoder;

/// Fewest words of an article that is learned from.
const FEWEST_WORDS: usize = 60;
/// Lines that the article may go on after, where one of it is not found.
const SEARCH: usize = 6;
/// Most lines of a page that is learned from.
const MOST_LINES: usize = 2500;

/// A page.
pub(super) struct Page {
    /// Its visible lines.
    pub lines: Vec<Line>,
    /// A number by its name, the same every time.
    pub chance: u64,
}

/// A visible line.
#[derive(Clone)]
pub(super) struct Line {
    /// What it says.
    pub text: String,
    /// Whether it is of the article.
    pub body: bool,
    /// Whether no blank line parts it from the one before.
    pub joined: bool,
}

/// The pages of a folder (`.html`, packed or not) whose article is found whole.
pub(super) fn read(folder: &Path) -> Result<Vec<Page>> {
    let failed = || format!("can't list the pages of {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        paths.push(entry.with_context(failed)?.path());
    }
    paths.sort();
    let mut pages = Vec::new();
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        // FNV-1a.
        let chance = name
            .bytes()
            .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
        if let Some(lines) = lines(&bytes(&path)?) {
            pages.push(Page { lines, chance: chance >> 8 });
        }
    }
    Ok(pages)
}

fn bytes(path: &PathBuf) -> Result<Vec<u8>> {
    let failed = || format!("can't read {}", path.display());
    let packed = std::fs::read(path).with_context(failed)?;
    if !packed.starts_with(&[0x1F, 0x8B]) {
        return Ok(packed);
    }
    let mut bytes = Vec::new();
    GzDecoder::new(packed.as_slice()).read_to_end(&mut bytes).with_context(failed)?;
    Ok(bytes)
}

fn lines(page: &[u8]) -> Option<Vec<Line>> {
    let supplied = Supplied::default();
    let text = |mode| clean(&Input { source: Source::Html(page), supplied: &supplied, mode }).text;
    let (whole, article) = (text(Mode::Mark), text(Mode::Cut));
    let of_article: Vec<&str> = article.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if article.split_whitespace().count() < FEWEST_WORDS {
        return None;
    }
    let (mut lines, mut found, mut at, mut joined) = (Vec::new(), 0, 0, false);
    for line in whole.lines().map(str::trim) {
        if line.is_empty() {
            joined = false;
            continue;
        }
        let rest = &of_article[at..];
        let step = rest.iter().take(SEARCH).position(|expected| *expected == line);
        if let Some(step) = step {
            at += step + 1;
            found += 1;
        }
        lines.push(Line { text: line.to_owned(), body: step.is_some(), joined });
        joined = true;
    }
    (found * 20 >= of_article.len() * 19 && lines.len() <= MOST_LINES).then_some(lines)
}
