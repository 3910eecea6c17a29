//! What a line looks like among its neighbours, in numbers.
//!
//! Everything is told by shape and place: lengths, ends of sentences, capitals, digits, repetition, how much prose
//! stands before and after. Words are looked at only to see whether the prose of the page has them too, and whether
//! the line is a known phrase of furniture, so that a language nobody thought of is measured like any other.
//!
//! Numbers are `f32` and come out of sums, products and logarithms of whole numbers that are looked up in a table,
//! so they are the same on every machine.

use std::collections::{HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use crate::lines::Page;
use crate::phrases::Strength;

/// Numbers for each line.
pub const WIDTH: usize = OWN + PLACE + WHOLE + NEIGHBOURS.len() * BESIDE + WINDOWS;
const OWN: usize = 27;
const PLACE: usize = 15;
const WHOLE: usize = 7;
/// Lines beside the line that are looked at.
const NEIGHBOURS: [isize; 6] = [-1, 1, -2, 2, -3, 3];
const BESIDE: usize = 5;
const WINDOWS: usize = 8;

/// Fewest words of a sentence that counts as prose.
const SENTENCE_WORDS: usize = 6;
/// Words of a line that is prose even without a full stop.
const PROSE_WORDS: usize = 25;
/// Words of a line that is more than a label.
pub(crate) const LONG_WORDS: usize = 10;
/// Words of a paragraph of several sentences.
pub(crate) const PARAGRAPH_WORDS: usize = 40;
/// Most words of an entry of a menu.
const ENTRY_WORDS: f32 = 3.0;
/// Fewest letters of a word that says what a text is about.
const TOPIC_LETTERS: usize = 4;

/// The numbers of one line.
pub type Measures = [f32; WIDTH];

/// What is known of one line by itself.
struct Facts {
    own: [f32; OWN],
    words: f32,
    log_words: f32,
    is_prose: bool,
    is_sentence: bool,
    capitals: f32,
    topics: Vec<u64>,
}

/// Measures the lines of a page that stand; `kept` are their places in it. Copies that were cut count as
/// repetitions where `copies` is set.
pub(crate) fn measure(page: &Page<'_>, kept: &[usize], copies: bool) -> Vec<Measures> {
    let repeats = repeats(page, kept, copies);
    let mut facts: Vec<Facts> =
        kept.iter().map(|&index| Facts::of(page.line(index), page.lines[index].size.words, page, index)).collect();
    let blocks = blocks(page, kept);
    for ((fact, &index), &(size, place)) in facts.iter_mut().zip(kept).zip(&blocks) {
        fact.own[17] = log(repeats[&page.hash(index)] - 1);
        fact.own[18] = log(size);
        fact.own[19] = place.min(8) as f32;
    }
    note_lone_copies(&mut facts);
    share_topics(&mut facts);
    let places = Places::of(&facts);
    (0..facts.len()).map(|at| places.line(&facts, at)).collect()
}

/// How often each line stands on the page.
fn repeats(page: &Page<'_>, kept: &[usize], copies: bool) -> HashMap<u64, usize> {
    let mut repeats = HashMap::with_capacity(kept.len());
    for &index in kept {
        *repeats.entry(page.hash(index)).or_insert(0) += 1;
    }
    if copies {
        for index in (0..page.lines.len()).filter(|&index| page.lines[index].cut.is_some()) {
            repeats.entry(page.hash(index)).and_modify(|times| *times += 1);
        }
    }
    repeats
}

/// For each line, how many lines its block has, and how many of them stand before it.
fn blocks(page: &Page<'_>, kept: &[usize]) -> Vec<(usize, usize)> {
    let mut blocks = Vec::with_capacity(kept.len());
    for block in kept.chunk_by(|&a, &b| page.lines[a].block == page.lines[b].block) {
        blocks.extend((0..block.len()).map(|place| (block.len(), place)));
    }
    blocks
}

/// Notes lines that stand more than once where their neighbours do not: captions, as a rule.
fn note_lone_copies(facts: &mut [Facts]) {
    let repeated: Vec<bool> = facts.iter().map(|fact| fact.own[17] > 0.0).collect();
    for (at, fact) in facts.iter_mut().enumerate() {
        let before = at.checked_sub(1).is_some_and(|before| repeated[before]);
        let after = repeated.get(at + 1).copied().unwrap_or(false);
        fact.own[26] = f32::from(u8::from(repeated[at] && !before && !after));
    }
}

/// Notes for each line how many of its words other lines of prose have, too.
fn share_topics(facts: &mut [Facts]) {
    let mut lines_with: HashMap<u64, u32> = HashMap::new();
    for fact in facts.iter().filter(|fact| fact.is_prose) {
        let mut seen = HashSet::with_capacity(fact.topics.len());
        for &topic in fact.topics.iter().filter(|&&topic| seen.insert(topic)) {
            *lines_with.entry(topic).or_insert(0) += 1;
        }
    }
    for fact in facts.iter_mut() {
        let own = u32::from(fact.is_prose);
        let shared = fact.topics.iter().filter(|topic| lines_with.get(topic).is_some_and(|&lines| lines > own)).count();
        fact.own[23] = if fact.topics.is_empty() { -1.0 } else { shared as f32 / fact.topics.len() as f32 };
        fact.topics = Vec::new();
    }
}

impl Facts {
    fn of(line: &str, words: usize, page: &Page<'_>, index: usize) -> Self {
        let size = &page.lines[index].size;
        let (mut letters, mut upper, mut lower, mut digits, mut commas) = (0_usize, 0, 0, 0, 0);
        let (mut separators, mut quotes, mut inner_ends, mut slashes) = (0_usize, 0_usize, 0_usize, 0_usize);
        let mut before = ' ';
        let mut before_that = ' ';
        for c in line.chars() {
            if c.is_alphabetic() {
                letters += 1;
                slashes += usize::from(before == '/' && before_that.is_alphabetic());
                upper += usize::from(c.is_uppercase());
                lower += usize::from(c.is_lowercase());
                inner_ends += usize::from(is_full_stop(before_that) && before == ' ' && !c.is_lowercase());
            } else if c.is_numeric() {
                digits += 1;
            }
            inner_ends += usize::from(before == '。' && !c.is_whitespace());
            commas += usize::from(matches!(c, ',' | '،' | '、' | '，' | ';' | '；'));
            separators += usize::from(matches!(c, '|' | '»' | '›' | '>' | '•' | '·' | '/' | '→' | '▶' | '#'));
            quotes += usize::from(matches!(c, '"' | '“' | '”' | '„' | '«' | '「' | '」'));
            (before_that, before) = (before, c);
        }
        let cased = upper + lower;
        let (mut capitalised, mut small, mut topics) = (0_usize, 0_usize, Vec::new());
        for word in line.split_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_alphanumeric());
            if let Some(first) = word.chars().next() {
                capitalised += usize::from(first.is_uppercase());
                small += usize::from(first.is_lowercase());
            }
            if word.chars().take(TOPIC_LETTERS).count() == TOPIC_LETTERS {
                topics.push(xxh3_64(word.to_lowercase().as_bytes()));
            }
        }
        let last = line.chars().next_back().unwrap_or(' ');
        let end = match last {
            '…' => 1.0,
            '.' if line.ends_with("..") => 1.0,
            ':' | '：' => 2.0,
            '?' | '!' | '？' | '！' | '؟' => 3.0,
            ',' | ';' | '،' | '、' => 4.0,
            '»' | '>' | '›' | '→' => 5.0,
            _ if last.is_alphanumeric() => 0.0,
            _ => 6.0,
        };
        let first = line.chars().next().unwrap_or(' ');
        let begin = match first {
            c if c.is_lowercase() => 1.0,
            c if c.is_numeric() => 2.0,
            '"' | '“' | '”' | '„' | '«' | '「' | '‘' | '\'' => 3.0,
            // A dash begins what somebody says.
            '—' | '–' if words >= SENTENCE_WORDS => 3.0,
            '(' | '[' | '（' => 4.0,
            c if c.is_alphabetic() => 0.0,
            _ => 5.0,
        };
        let is_bullet = matches!(first, '*' | '+' | '•' | '-' | '·' | '►' | '▪') && words < PROSE_WORDS * 2;
        let furniture = match size.furniture {
            None => 0.0,
            Some((_, Strength::Doubtful)) => 1.0,
            Some((_, Strength::Certain)) => 2.0,
        };
        let share = |part: usize, whole: usize| if whole == 0 { -1.0 } else { part as f32 / whole as f32 };
        let capitals = share(capitalised, capitalised + small);
        let has_address = line.contains("http") || line.contains("www.") || line.contains(".com") || line.contains('@');
        let own = [
            log(words),
            log(size.ink),
            f32::from(u8::from(size.ends_sentence)),
            end,
            inner_ends.min(12) as f32,
            share(commas, words.max(1)),
            share(digits, size.ink),
            capitals,
            share(upper, cased),
            log(small),
            f32::from(u8::from(is_bullet)),
            begin,
            separators.min(12) as f32,
            f32::from(u8::from(has_address)),
            f32::from(u8::from(line.contains(['©', '®', 'ⓒ']))),
            share(size.ink, words.max(1)),
            furniture,
            0.0,
            0.0,
            0.0,
            quotes.min(8) as f32,
            share(letters, size.ink),
            f32::from(u8::from(has_time(line))),
            0.0,
            f32::from(u8::from(has_credit(line))),
            slashes.min(4) as f32,
            0.0,
        ];
        let is_sentence = size.ends_sentence && words >= SENTENCE_WORDS;
        let is_prose = is_sentence || words >= PROSE_WORDS;
        Self { own, words: words as f32, log_words: log(words), is_prose, is_sentence, capitals, topics }
    }
}

/// The line names a picture, or those who give them.
fn has_credit(line: &str) -> bool {
    const WORDS: [&str; 24] = [
        "photo",
        "photos",
        "photograph",
        "photographer",
        "foto",
        "fotos",
        "image",
        "images",
        "imagen",
        "bild",
        "bilder",
        "credit",
        "courtesy",
        "getty",
        "shutterstock",
        "reuters",
        "afp",
        "ap",
        "file",
        "pictured",
        "caption",
        "quelle",
        "фото",
        "архив",
    ];
    line.split(|c: char| !c.is_alphanumeric()).any(|word| {
        // The longest of them has fourteen letters.
        (2..=28).contains(&word.len()) && WORDS.contains(&word.to_lowercase().as_str())
    })
}

/// A time of day or a year stands in the line.
fn has_time(line: &str) -> bool {
    let bytes = line.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).any(|at| {
        let clock = bytes[at] == b':' && at > 0 && digit(at - 1) && digit(at + 1) && digit(at + 2);
        let year = (bytes[at] == b'1' && bytes.get(at + 1) == Some(&b'9')
            || bytes[at] == b'2' && bytes.get(at + 1) == Some(&b'0'))
            && digit(at + 2)
            && digit(at + 3)
            && !digit(at + 4)
            && (at == 0 || !digit(at - 1));
        clock || year
    })
}

const fn is_full_stop(c: char) -> bool {
    matches!(c, '.' | '?' | '!' | '।' | '۔' | '؟' | '”' | '"' | '»')
}

/// Where each line stands on the page.
struct Places {
    prose_before: Vec<f32>,
    prose_words: f32,
    all_words: f32,
    since: Vec<f32>,
    until: Vec<f32>,
    since_long: Vec<f32>,
    until_long: Vec<f32>,
    whole: [f32; WHOLE],
    segment: (usize, usize),
    log_sums: Vec<f32>,
    prose_sums: Vec<f32>,
}

/// Words that a line without prose takes from a run of lines with much of it.
const GAP_WORDS: f32 = 5.0;
/// Most lines that a distance tells apart.
const FAR: f32 = 40.0;

impl Places {
    fn of(facts: &[Facts]) -> Self {
        let sums = |of: fn(&Facts) -> f32| {
            let mut sum = 0.0;
            let mut sums = vec![0.0];
            sums.extend(facts.iter().map(|fact| {
                sum += of(fact);
                sum
            }));
            sums
        };
        let prose = |fact: &Facts| if fact.is_prose { fact.words } else { 0.0 };
        let prose_before = sums(prose);
        let is_prose = |fact: &Facts| fact.is_prose;
        let is_long = |fact: &Facts| fact.words >= LONG_WORDS as f32;
        Self {
            prose_words: prose_before.last().copied().unwrap_or(0.0),
            all_words: facts.iter().map(|fact| fact.words).sum(),
            prose_before,
            since: since(facts.iter(), is_prose),
            until: reversed(since(facts.iter().rev(), is_prose)),
            since_long: since(facts.iter(), is_long),
            until_long: reversed(since(facts.iter().rev(), is_long)),
            whole: whole(facts),
            segment: best_run(facts.iter().map(|fact| if fact.is_prose { fact.words } else { -GAP_WORDS })),
            log_sums: sums(|fact| fact.log_words),
            prose_sums: sums(|fact| f32::from(u8::from(fact.is_prose))),
        }
    }

    fn line(&self, facts: &[Facts], at: usize) -> Measures {
        let mut row = [0.0; WIDTH];
        let lines = facts.len();
        row[..OWN].copy_from_slice(&facts[at].own);
        let whole = self.prose_words.max(1.0);
        let (start, end) = self.segment;
        let place: [f32; PLACE] = [
            at as f32 / lines as f32,
            log(at),
            log(lines - 1 - at),
            self.prose_before[at] / whole,
            log_of(self.prose_words),
            self.prose_words / self.all_words.max(1.0),
            self.since[at],
            self.until[at],
            self.since[at] + self.until[at],
            self.since_long[at],
            self.until_long[at],
            distance(at, start),
            distance(end, at),
            f32::from(u8::from((start..end).contains(&at))),
            log_of(self.prose_before[end] - self.prose_before[start]),
        ];
        row[OWN..OWN + PLACE].copy_from_slice(&place);
        row[OWN + PLACE..OWN + PLACE + WHOLE].copy_from_slice(&self.whole);
        let mut column = OWN + PLACE + WHOLE;
        for step in NEIGHBOURS {
            let beside = at.checked_add_signed(step).and_then(|beside| facts.get(beside));
            row[column..column + BESIDE].copy_from_slice(&beside.map_or([-1.0; BESIDE], |fact| {
                [
                    fact.log_words,
                    f32::from(u8::from(fact.is_sentence)),
                    fact.capitals,
                    fact.own[16] + 3.0 * fact.own[10],
                    fact.own[3],
                ]
            }));
            column += BESIDE;
        }
        for (before, after) in [(5, 5), (12, 12), (6, 0), (0, 6)] {
            let (from, to) = (at.saturating_sub(before), (at + 1 + after).min(lines));
            let own = |sums: &[f32]| sums[at + 1] - sums[at];
            let others = (to - from - 1).max(1) as f32;
            let mean = |sums: &[f32]| (sums[to] - sums[from] - own(sums)) / others;
            row[column] = mean(&self.log_sums);
            row[column + 1] = mean(&self.prose_sums);
            column += 2;
        }
        row
    }
}

/// For each line how far the last one before it is that is of some kind, bounded.
fn since<'a>(facts: impl Iterator<Item = &'a Facts>, is: impl Fn(&Facts) -> bool) -> Vec<f32> {
    let mut distance = FAR;
    facts
        .map(|fact| {
            let here = (distance + 1.0).min(FAR);
            distance = if is(fact) { 0.0 } else { here };
            here
        })
        .collect()
}

fn reversed(mut numbers: Vec<f32>) -> Vec<f32> {
    numbers.reverse();
    numbers
}

/// What kind of text all lines together are: a page with its menus, or hardly more than an article.
fn whole(facts: &[Facts]) -> [f32; WHOLE] {
    let lines = facts.len().max(1) as f32;
    let words: f32 = facts.iter().map(|fact| fact.words).sum();
    let share = |is: &dyn Fn(&Facts) -> bool| facts.iter().filter(|fact| is(fact)).count() as f32 / lines;
    let is_entry = |fact: &Facts| fact.words <= ENTRY_WORDS;
    let (mut longest, mut run) = (0, 0);
    for fact in facts {
        run = if is_entry(fact) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let paragraphs: f32 = facts.iter().map(|fact| fact.words).filter(|&words| words >= PARAGRAPH_WORDS as f32).sum();
    [
        log(facts.len()),
        log_of(words),
        share(&is_entry),
        log(longest),
        share(&|fact| fact.own[16] > 1.0),
        share(&|fact| fact.words >= LONG_WORDS as f32),
        paragraphs / words.max(1.0),
    ]
}

/// Lines from one to another, bounded.
pub(super) fn distance(to: usize, from: usize) -> f32 {
    (to as f32 - from as f32).clamp(-FAR, FAR)
}

/// The run with the greatest sum.
pub(super) fn best_run(weights: impl Iterator<Item = f32>) -> (usize, usize) {
    let (mut best, mut best_sum) = ((0, 0), 0.0);
    let (mut start, mut sum) = (0, 0.0);
    for (at, weight) in weights.enumerate() {
        if sum <= 0.0 {
            (start, sum) = (at, 0.0);
        }
        sum += weight;
        if sum > best_sum {
            (best, best_sum) = ((start, at + 1), sum);
        }
    }
    best
}

/// A rough logarithm to the base two of a whole number and one: exact at the powers of two, straight between them.
pub(super) fn log(number: usize) -> f32 {
    let number = number + 1;
    let whole = number.ilog2();
    let power = 1_usize << whole;
    whole as f32 + (number - power) as f32 / power as f32
}

fn log_of(number: f32) -> f32 {
    log(number as usize)
}
