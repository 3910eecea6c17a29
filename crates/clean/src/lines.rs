//! The text as lines, each measured once, and what the rules have cut so far.
//!
//! A line is the unit the rules cut. Lines end where Unicode says a line must (UAX #14: LF, CR, CRLF, VT, FF,
//! NEL, LS, PS). A run of lines without a blank one between is a **block**. If any line of a block is longer
//! than a hard-wrapped line can be, its lines are paragraphs of their own and each counts as a block;
//! otherwise the block may be verse, a list or a wrapped paragraph, and keeps its line breaks unless `wrap.rs` proves
//! that they are those of a width; then its lines become one, with the breaks in it.

use std::cell::OnceCell;

use copydesk_article::{RemovalReason, is_cjk};
use xxhash_rust::xxh3::xxh3_64;

use crate::furniture;
use crate::lore::LineLore;
use crate::phrases::Strength;

/// Columns beyond which a line was not wrapped by hand or by a mailer (an ideograph takes two).
const WRAP_COLUMNS: usize = 100;
/// Columns that the full lines of a wrapped paragraph have, on average.
pub(crate) const WRAPPED_COLUMNS: usize = 40;
/// Most words a headline has.
pub(crate) const HEADLINE_WORDS: usize = 20;
/// Fewest words of a sentence that counts as prose.
const PROSE_WORDS: usize = 6;

/// One line that is not blank.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// First byte in the text, white space at the line's ends aside.
    pub whole_start: usize,
    /// First byte after a start that was cut; `whole_start` where none was.
    pub start: usize,
    /// First byte after the line.
    pub end: usize,
    /// Which block it stands in: what was cut parts blocks.
    pub block: usize,
    /// Which block it stood in before anything was cut.
    pub whole_block: usize,
    /// Measures of its text.
    pub size: Size,
    /// Why it was cut, once it was.
    pub cut: Option<RemovalReason>,
    /// Whether it is never to be cut, because the user says so.
    pub stays: bool,
    /// What is known of it.
    pub lore: LineLore,
}

/// Measures of a line.
#[derive(Clone, Debug)]
pub(crate) struct Size {
    /// Words; two ideographs count as one.
    pub words: usize,
    /// Columns on a terminal, roughly.
    pub columns: usize,
    /// Characters that are not white space.
    pub ink: usize,
    /// What furniture its words are.
    pub furniture: Option<(RemovalReason, Strength)>,
    /// Hash of the [`key`], once it was asked for ([`Page::hash`]).
    hash: OnceCell<u64>,
    /// Whether it ends like a sentence: with a full stop of any script, closing marks aside.
    pub ends_sentence: bool,
}

/// A start of a line that was cut, the rest of the line staying.
#[derive(Clone, Debug)]
pub(crate) struct CutStart {
    /// First byte in the text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// Why.
    pub reason: RemovalReason,
}

/// The lines of a text and what is cut of them.
pub(crate) struct Page<'a> {
    /// The text.
    pub text: &'a str,
    /// Its lines, in order.
    pub lines: Vec<Line>,
    /// Starts of lines that were cut.
    pub cut_starts: Vec<CutStart>,
    buffer: String,
}

impl<'a> Page<'a> {
    /// Splits a text into lines and measures them.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut page = Self { text, lines: Vec::new(), cut_starts: Vec::new(), buffer: String::new() };
        let mut blocks = 0;
        let mut block_start = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            let line_len = rest.find(is_line_break).unwrap_or(rest.len());
            let line = rest[..line_len].trim();
            if line.is_empty() {
                blocks += page.split_block(block_start);
                block_start = page.lines.len();
            } else {
                let start = at + (line_len - rest[..line_len].trim_start().len());
                let size = Size::of(line, &mut page.buffer);
                page.lines.push(Line {
                    whole_start: start,
                    start,
                    end: start + line.len(),
                    block: blocks,
                    whole_block: blocks,
                    size,
                    cut: None,
                    stays: false,
                    lore: LineLore::default(),
                });
            }
            let after = &rest[line_len..];
            let break_len = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
            at += line_len + break_len;
        }
        page.split_block(block_start);
        page
    }

    /// Ends the block that begins at a line: its lines part if one of them is long. Returns how many block
    /// numbers are used up.
    fn split_block(&mut self, from: usize) -> usize {
        let block = &mut self.lines[from..];
        if block.iter().any(|line| line.size.columns > WRAP_COLUMNS) {
            for (i, line) in block.iter_mut().enumerate() {
                line.block += i;
                line.whole_block += i;
            }
            block.len()
        } else {
            usize::from(!block.is_empty())
        }
    }

    /// Text of a line, without a start that was cut.
    pub(crate) fn line(&self, index: usize) -> &'a str {
        &self.text[self.lines[index].start..self.lines[index].end]
    }

    /// Hash of the [`key`] of a line, for lines that may say the same.
    pub(crate) fn hash(&self, index: usize) -> u64 {
        *self.lines[index].size.hash.get_or_init(|| hash(&key(self.line(index))))
    }

    /// Indices of the lines that stand.
    pub(crate) fn kept(&self) -> Vec<usize> {
        (0..self.lines.len()).filter(|&i| self.lines[i].cut.is_none()).collect()
    }

    /// How much was cut so far: lines and starts of lines.
    pub(crate) fn cuts(&self) -> usize {
        self.lines.iter().filter(|line| line.cut.is_some()).count() + self.cut_starts.len()
    }

    /// Numbers the blocks anew: a line that was cut, or the start of one, leaves a gap, as a blank line would.
    pub(crate) fn part_blocks(&mut self) {
        let (mut number, mut before, mut gap) = (0, None, false);
        for line in &mut self.lines {
            if line.cut.is_some() {
                gap = true;
                continue;
            }
            let parted = gap || line.start != line.whole_start || before.is_some_and(|before| before != line.block);
            number += usize::from(parted);
            before = Some(line.block);
            line.block = number;
            gap = false;
        }
    }

    /// Makes one line of each of some ranges of lines.
    pub(crate) fn join(&mut self, ranges: &[std::ops::Range<usize>]) {
        for range in ranges {
            let end = self.lines[range.end - 1].end;
            let line = &mut self.lines[range.start];
            line.end = end;
            let text = &self.text[line.start..end];
            line.size = Size::of(text, &mut self.buffer);
            line.lore = line.lore.joined(text);
        }
        let mut at = 0;
        let mut next = ranges.iter().peekable();
        self.lines.retain(|_| {
            next.next_if(|range| range.end <= at);
            let stays = next.peek().is_none_or(|range| at <= range.start);
            at += 1;
            stays
        });
    }

    /// Cuts a line, unless it stays.
    pub(crate) fn cut(&mut self, index: usize, reason: RemovalReason) {
        if !self.lines[index].stays {
            self.lines[index].cut = Some(reason);
        }
    }

    /// Cuts the first `len` bytes of a line that goes on after them, and the white space that follows them.
    pub(crate) fn cut_start(&mut self, index: usize, len: usize, reason: RemovalReason) {
        let line = &mut self.lines[index];
        if line.stays {
            return;
        }
        let end = line.start + len;
        self.cut_starts.push(CutStart { start: line.start, end, reason });
        line.start = line.end - self.text[end..line.end].trim_start().len();
        line.size = Size::of(&self.text[line.start..line.end], &mut self.buffer);
    }

    /// Where the prose begins and ends among the `kept` lines: positions in `kept`, half-open; `None` without
    /// prose. Before it is the head of the page, after it the tail.
    pub(crate) fn prose(&self, kept: &[usize]) -> Option<(usize, usize)> {
        let mut first = None;
        let mut end = 0;
        let mut at = 0;
        while at < kept.len() {
            let block = self.lines[kept[at]].block;
            let block_end = at + kept[at..].iter().take_while(|&&i| self.lines[i].block == block).count();
            // A menu may stand right above the prose; the first line of a wrapped paragraph is a full one.
            let wide = |&i: &usize| self.lines[i].size.columns >= WRAPPED_COLUMNS;
            let start = at + kept[at..block_end].iter().position(wide).unwrap_or(0);
            if self.is_prose(&kept[start..block_end]) {
                first.get_or_insert(start);
                end = block_end;
            }
            at = block_end;
        }
        first.map(|first| (first, end))
    }

    /// Whether lines that stand together read as sentences.
    fn is_prose(&self, lines: &[usize]) -> bool {
        let Some((&last, full)) = lines.split_last() else { return false };
        let size = |i: usize| &self.lines[i].size;
        let words: usize = lines.iter().map(|&i| size(i).words).sum();
        let columns: usize = full.iter().map(|&i| size(i).columns).sum();
        (words > HEADLINE_WORDS && columns >= WRAPPED_COLUMNS * full.len())
            || (words >= PROSE_WORDS && size(last).ends_sentence)
    }
}

impl Size {
    fn of(line: &str, buffer: &mut String) -> Self {
        let (mut words, mut ideographs, mut wide, mut ink, mut chars) = (0, 0, 0, 0, 0);
        let (mut in_word, mut counted) = (false, false);
        for c in line.chars() {
            chars += 1;
            if c.is_whitespace() {
                in_word = false;
                continue;
            }
            ink += 1;
            if !in_word {
                (in_word, counted) = (true, false);
            }
            if c >= '\u{0E00}' && is_cjk(c) {
                ideographs += 1;
                wide += usize::from(c >= '\u{3000}');
            } else if !counted && c.is_alphanumeric() {
                counted = true;
                words += 1;
            }
        }
        let words = words + ideographs / 2;
        let hash_of_key = OnceCell::new();
        let is_short = words <= furniture::PHRASE_WORDS;
        if is_short {
            buffer.clear();
            push_key(line, buffer);
            hash_of_key.get_or_init(|| hash(buffer));
        }
        let furniture = furniture::classify(line, words, is_short.then_some(buffer.as_str()));
        let ends_sentence = ends_sentence(line);
        Self { words, columns: chars + wide, ink, furniture, hash: hash_of_key, ends_sentence }
    }
}

/// Whether a line ends with a full stop of any script, closing quotation marks and brackets aside. An ellipsis
/// is none: teasers end so.
pub(crate) fn ends_sentence(line: &str) -> bool {
    let closing =
        |c: char| matches!(c, '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '」' | '』' | '）' | '“' | '‘');
    let line = line.trim_end_matches(closing).trim_end();
    let full_stop = |c: char| matches!(c, '.' | '。' | '．' | '｡' | '।' | '۔' | '።' | '։' | '။' | '។' | '॥');
    line.ends_with(full_stop) && !line.ends_with("..")
}

pub(crate) const fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\x0B' | '\x0C' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What a line says, apart from how it is set: its letters and digits in lower case, words parted by one space.
pub(crate) fn key(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    push_key(line, &mut key);
    key
}

/// Hash of a [`key`], for lines that may say the same.
pub(crate) fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

fn push_key(line: &str, key: &mut String) {
    let mut gap = false;
    for c in line.chars() {
        if c.is_ascii() {
            if !c.is_ascii_alphanumeric() {
                gap = true;
                continue;
            }
        } else if !c.is_alphanumeric() {
            gap = true;
            continue;
        }
        if gap && !key.is_empty() {
            key.push(' ');
        }
        gap = false;
        if c.is_ascii() {
            key.push(c.to_ascii_lowercase());
        } else if matches!(c, 'İ' | 'ı') {
            // In Turkish capitals, which nothing tells from others, neither can be known.
            key.push('i');
        } else {
            key.extend(c.to_lowercase());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(text: &str) -> Vec<(usize, &str)> {
        let page = Page::new(text);
        (0..page.lines.len()).map(|i| (page.lines[i].block, page.line(i))).collect()
    }

    #[test]
    fn lines_are_trimmed_and_blocks_end_at_blank_lines() {
        assert_eq!(
            blocks(" one\u{A0}\r\ntwo\r\n \r\n\tthree\u{2028}four\x0C\x0Cfive"),
            [(0, "one"), (0, "two"), (1, "three"), (1, "four"), (2, "five")]
        );
        assert_eq!(blocks(" \n\n"), []);
    }

    #[test]
    fn a_long_line_makes_its_neighbours_paragraphs() {
        let long = "word ".repeat(30);
        let text = format!("Head\n{long}\nSub\n\na\nb");
        let numbers: Vec<usize> = blocks(&text).iter().map(|&(block, _)| block).collect();
        assert_eq!(numbers, [0, 1, 2, 3, 3]);
    }

    #[test]
    fn keys_forget_case_and_marks() {
        assert_eq!(key("  “Talks, resume” — ÉTÉ 2017!"), "talks resume été 2017");
        assert_eq!(key("***"), "");
    }

    #[test]
    fn ideographs_count_as_half_words() {
        let size = |text: &str| Page::new(text).lines[0].size.clone();
        assert_eq!(size("渡轮中午离开码头。").words, 4);
        assert!(size("渡轮中午离开码头。").ends_sentence);
        assert_eq!((size("three small — words").words, size("ab c").ink), (3, 3));
        assert!(!size("and then …").ends_sentence && !size("and then...").ends_sentence);
        assert!(size("“It is over.”").ends_sentence);
    }

    #[test]
    fn prose_begins_at_the_first_sentence_or_wrapped_paragraph() {
        let text = "Menu\nHome\nWorld\n\nA headline without a stop\n\nThe ferry left the harbour at noon and did\nnot come back before the evening tide\nhad turned.\n\nPrint";
        let page = Page::new(text);
        assert_eq!(page.prose(&page.kept()), Some((4, 7)));
        let page = Page::new("Menu\n\nHome");
        assert_eq!(page.prose(&page.kept()), None);
    }
}
