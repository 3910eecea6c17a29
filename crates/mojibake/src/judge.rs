//! Whether a line was misread in a given code page, and where.
//!
//! Every sequence of characters that would be one character of UTF-8 ([`Sequence`]) is weighed: how odd is what
//! stands here, and how well does the repair fit (`weigh.rs`)? A run of adjacent sequences whose sum reaches
//! [`PROOF`] proves the page for its line; so does a line where nothing else is left of the page and the sum over
//! the line reaches it. Only then are the weaker sequences of the line repaired too, and those that lost a byte. A
//! run with a *conflict* (its letters can't stand beside those next to it) proves nothing.
//!
//! A line that holds other characters of the page which are no sequences is *mixed*: partly right, partly misread.
//! It is repaired with more care than one that is *pure*.

use std::cmp::Reverse;
use std::ops::Range;

use crate::page::Page;
use crate::script::{Script, Target};
use crate::sequence::{Loss, Sequence, read};
use crate::table::{Row, bounds, result};
use crate::weigh::{Weight, weigh};

/// The sum from which a run proves that the page was misread.
const PROOF: i32 = 4;

/// So many sequences of a pure line are weighed; if they prove the page that many times over, so is the rest.
const SAMPLE: usize = 16;

/// A line: its characters, and what is known of them.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub chars: &'a [char],
    pub rows: &'a [&'static Row],
}

/// A sequence in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// Its first character.
    pub start: usize,
    /// Characters it takes up.
    pub len: usize,
    /// What it stands for.
    pub target: char,
    /// How that would look.
    pub result: Target,
    /// How it came through.
    pub loss: Loss,
}

impl Item {
    /// The first character after it.
    #[inline]
    pub(crate) const fn end(&self) -> usize {
        self.start + self.len
    }
}

/// What to repair in a line, from one page.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The page that the line was misread in.
    pub page: Page,
    /// The repairs, in order, without overlap.
    pub items: Vec<Item>,
}

/// A line, read under a page.
pub(crate) struct Reading<'a> {
    pub line: Line<'a>,
    pub page: Page,
    pub items: Vec<Item>,
    /// Whether every character of the page is part of a sequence.
    pub pure: bool,
    /// Whether it is not, for signs alone: they may come from another misreading still.
    pub dubious: bool,
    /// Whether it is not, for letters of a script of the page's own: the line is written in that script.
    pub native: bool,
    /// The most that a plan could gain.
    bound: i64,
}

/// A run of adjacent items.
struct Run {
    /// Its items, as indices.
    items: Range<usize>,
    weight: Weight,
}

/// The plan that explains most of a line and fits best, from the pages given as bits.
pub(crate) fn plan(line: Line<'_>, pages: u16) -> Option<Plan> {
    let (mut has, mut same) = (pages, pages & !Page::WINDOWS_1252.bit());
    for row in line.rows {
        has &= row.has();
        same &= row.same();
    }
    // Windows-1252 stands for those that read this line as it does.
    let pages = if pages & Page::WINDOWS_1252.bit() == 0 { pages } else { pages & !same };
    // Mostly one page alone has all the characters, and it is the one.
    if let Some(page) = Page::all().find(|page| has & pages == page.bit()) {
        let reading = Reading::new(line, page);
        if let Some((_, plan)) = reading.plan()
            && reading.pure
        {
            return Some(plan);
        }
    }
    let bounds = bounds(line.rows, line.chars, pages);
    let mut ranked: Vec<(i64, Page)> =
        Page::all().filter(|page| pages & page.bit() != 0).map(|page| (bounds[usize::from(page.0)], page)).collect();
    ranked.sort_by_key(|&(bound, page)| (Reverse(bound), page.0));
    let mut best: Option<(i64, Plan)> = None;
    for (bound, page) in ranked {
        let is_better = |gain: i64, best: &Option<(i64, Plan)>| {
            best.as_ref().is_none_or(|(least, plan)| gain > *least || gain == *least && page.0 < plan.page.0)
        };
        if !is_better(bound, &best) {
            break;
        }
        let reading = Reading::new(line, page);
        if is_better(reading.bound, &best)
            && let Some((gain, plan)) = reading.plan()
            && is_better(gain, &best)
        {
            best = Some((gain, plan));
        }
    }
    best.map(|(_, plan)| plan)
}

impl<'a> Reading<'a> {
    fn new(line: Line<'a>, page: Page) -> Self {
        let mut reading = Self {
            line,
            page,
            items: Vec::with_capacity(line.chars.len() / 2),
            pure: true,
            dubious: false,
            native: false,
            bound: 0,
        };
        let (mut at, mut letters) = (0, false);
        while at < line.chars.len() {
            let byte = line.rows[at].byte(page);
            if byte == 0 {
                at += 1;
                continue;
            }
            let found = if byte < 0xC0 { None } else { read(&line.chars[at..], &line.rows[at..], page) };
            let (len, target, loss) = match found {
                Some(Sequence { len, target, loss }) => (len.into(), target, loss),
                None => (2, '”', Loss::Quote),
            };
            let item = Item { start: at, len, target, result: result(target), loss };
            if reading.is_credible(&item) {
                at = item.end();
                reading.bound += 2 * item.len as i64 + 1;
                reading.items.push(item);
            } else {
                reading.pure = false;
                letters |= line.rows[at].source(line.chars[at]).letter().is_some();
                at += 1;
            }
        }
        reading.dubious = !reading.pure && !letters;
        reading.native = letters && page.is_native();
        reading.bound -= reading.foreign();
        reading
    }

    /// How many C1 control characters the page can't have made.
    fn foreign(&self) -> i64 {
        self.line.rows.iter().filter(|row| row.is_foreign(self.page)).count() as i64
    }

    /// Whether an item may count as one. Those that lost a space: only where a common letter comes back.
    fn is_credible(&self, item: &Item) -> bool {
        match (item.loss, item.result) {
            (Loss::Space, Target::Letter(Script::Latin)) => matches!(item.target, 'à' | 'Š'),
            (Loss::Space, Target::Letter(Script::Hebrew)) => item.target >= '\u{5D0}',
            (Loss::Space, Target::Letter(_) | Target::Print) => true,
            (Loss::Space, Target::Symbol) => self.line.chars.get(item.start + 1) != Some(&' '),
            (Loss::Space, _) => false,
            (Loss::Quote, _) => {
                let byte = |at: usize| self.line.rows.get(at).map_or(0, |row| row.byte(self.page));
                self.page.drops_quotes()
                    && (byte(item.start), byte(item.start + 1)) == (0xE2, 0x80)
                    && byte(item.start + 2) < 0xC0
            }
            (Loss::None | Loss::Byte, _) => true,
        }
    }

    fn runs(&self) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut sum = Weight::default();
        for (index, item) in self.items.iter().enumerate() {
            let weight = if item.loss != Loss::None {
                Weight::default()
            } else if self.pure && index > SAMPLE && sum.proves(SAMPLE as i32) {
                Weight { odd: 0, fit: 1, conflict: false }
            } else {
                weigh(self, index)
            };
            sum += weight;
            match runs.last_mut() {
                Some(run) if self.items[run.items.end - 1].end() == item.start => {
                    run.items.end += 1;
                    run.weight += weight;
                }
                _ => runs.push(Run { items: index..index + 1, weight }),
            }
        }
        runs
    }

    /// What to repair, and how much that explains; `None` where nothing is proven.
    fn plan(&self) -> Option<(i64, Plan)> {
        let runs = self.runs();
        let sum = runs.iter().fold(Weight::default(), |sum, run| sum + run.weight);
        // Many weak signs make a strong one, unless none is better than another: "10 Å² … 12 Å² … 14 Å²".
        let whole = self.pure && sum.proves(PROOF) && runs.iter().any(|run| run.weight.proves(PROOF - 1));
        // Tables are drawn with the characters of the DOS pages: a part of a line proves nothing there.
        let proven = whole || !self.page.is_dos() && runs.iter().any(|run| run.weight.proves(PROOF));
        let items = if proven { self.accepted(&runs) } else { self.known() };
        if items.is_empty() {
            return None;
        }
        let explained: usize = items.iter().map(|item| item.len).sum();
        let gain = 2 * explained as i64 - self.foreign() + i64::from(sum.fit);
        Some((gain, Plan { page: self.page, items }))
    }

    /// The items to repair, once the page is proven.
    fn accepted(&self, runs: &[Run]) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let apart = self.spaces_apart();
        for run in runs {
            let lossy = self.items[run.items.clone()].iter().all(|item| item.loss != Loss::None);
            if run.weight.conflict || !(self.pure && run.weight.fit >= 0 || lossy || run.weight.proves(1)) {
                continue;
            }
            for index in run.items.clone() {
                let mut item = self.items[index];
                match item.loss {
                    Loss::None if item.result == Target::Never && item.target > '\u{9F}' => continue,
                    Loss::Space if item.target == '†' && self.closes(index) => {
                        item = Item { len: 2, target: '”', ..item };
                    }
                    Loss::Quote if !self.closes(index) => continue,
                    Loss::Space if weigh(self, index).conflict || !self.is_likely(index) => continue,
                    Loss::Space => item.len -= usize::from(self.keeps_space(&item, apart)),
                    _ => {}
                }
                items.push(item);
            }
        }
        items
    }

    /// Whether an item stands where a quotation is closed: right after a word or its punctuation.
    fn closes(&self, index: usize) -> bool {
        let start = self.items[index].start;
        let before = start.checked_sub(1).map(|at| self.line.chars[at]);
        before.is_some_and(|c| c.is_ascii_graphic() && !matches!(c, '(' | '[' | '{' | '"'))
            || index.checked_sub(1).is_some_and(|before| self.items[before].end() == start)
    }

    /// Whether a letter that lost its no-break space is likely. "Ð " may also be a letter whose byte was dropped
    /// and the end of a word: so Р and Π are followed by a letter, of a fitting case. So is "Ù ": the digit zero
    /// follows a digit.
    fn is_likely(&self, index: usize) -> bool {
        let item = &self.items[index];
        let inside = |other: Option<&Item>| other.map(|other| other.target);
        let before = inside(index.checked_sub(1).map(|at| &self.items[at]).filter(|before| before.end() == item.start));
        let after = inside(self.items.get(index + 1).filter(|after| after.start == item.end()));
        match item.target {
            '٠' => before.is_some_and(char::is_numeric),
            'Р' | 'Π' => {
                let apart = self.line.chars.get(item.end()) == Some(&' ');
                let upper = before.is_some_and(char::is_uppercase);
                apart || after.is_some_and(|c| c.is_alphabetic() && !(upper && c.is_lowercase()))
            }
            _ => true,
        }
    }

    /// Whether spaces that came from no-break spaces still stand beside others, so that one alone is in mid-word.
    fn spaces_apart(&self) -> bool {
        let is_apart = |item: &Item| {
            item.loss == Loss::Space && item.target == 'à' && self.line.chars.get(item.end()) == Some(&' ')
        };
        self.items.iter().any(is_apart)
    }

    /// In French and Italian, à is a word, or ends one: "Ã la" had a no-break space and a space, which became one.
    /// It is in mid-word in Portuguese "àquele" and "às", and where spaces did not become one elsewhere (`apart`).
    fn keeps_space(&self, item: &Item, apart: bool) -> bool {
        let chars = self.line.chars;
        if apart || item.target != 'à' || item.len != 2 || !chars.get(item.end()).is_some_and(|c| c.is_alphanumeric())
        {
            return false;
        }
        let rest: String = chars[item.end()..].iter().take(5).collect();
        !["quele", "quela", "quilo", "s "].iter().any(|word| rest.starts_with(word))
    }

    /// What needs no further proof: "Ã " right after a small letter, or between two spaces, was "à"; "Â " right
    /// after a small letter or a full stop was a no-break space; "â€" after a word, a quotation mark.
    fn known(&self) -> Vec<Item> {
        if self.page != Page::WINDOWS_1252 {
            return Vec::new();
        }
        let before = |item: &Item| item.start.checked_sub(1).map_or(' ', |at| self.line.chars[at]);
        let is_known = |(index, item): &(usize, &Item)| match (item.target, before(item)) {
            ('†' | '”', _) => self.closes(*index),
            ('à', ' ') => self.line.chars.get(item.end()) == Some(&' '),
            ('à' | '\u{A0}', c) if c.is_ascii_lowercase() => true,
            ('\u{A0}', '.' | ',' | '?' | '!' | '”') => true,
            _ => false,
        };
        let apart = self.spaces_apart();
        let kept = |(_, item): (usize, &Item)| match item.target {
            '†' => Item { len: 2, target: '”', ..*item },
            _ => Item { len: item.len - usize::from(self.keeps_space(item, apart)), ..*item },
        };
        let lossy = |item: &Item| matches!(item.loss, Loss::Space | Loss::Quote);
        self.items.iter().enumerate().filter(|(_, item)| lossy(item)).filter(is_known).map(kept).collect()
    }
}
