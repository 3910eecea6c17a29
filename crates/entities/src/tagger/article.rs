//! An article as the tagger sees it: what its tokens look like, what stands around them here and elsewhere in it.
//!
//! The best evidence for a name is often in another sentence: the word in lower case, the full name, the title before
//! it, the words an acronym stands for. So forms are gathered first ([`Group`]: one word however cased), with what
//! the whole article tells of them. All buffers are kept for the next article: nothing is allocated a token.

use std::ops::Range;

use super::form::Form;
use super::hash;
use super::lists::{self, GOES_ON, Lists};
use crate::lexicon::Traits;
use crate::token::{Kind, Shape, Token};

/// Longest name of the lists, in words.
const MAX_PHRASE: usize = 6;
/// Longest acronym that is looked for in the article's names, in letters.
const MAX_ACRONYM: usize = 8;
/// Acronyms are sought among this many names: an article that has more is a list.
const MAX_SPELT: usize = 512;

/// What holds of one token, as a set of bits.
pub(super) mod flag {
    /// First word of a sentence or the like.
    pub(in super::super) const OPENS: u16 = 1;
    /// First of its line.
    pub(in super::super) const STARTS_LINE: u16 = 1 << 1;
    /// No white space before it.
    pub(in super::super) const GLUED: u16 = 1 << 2;
    /// In a line of capitals.
    pub(in super::super) const SHOUTED: u16 = 1 << 3;
    /// In a line whose words mostly begin with capitals.
    pub(in super::super) const TITLED: u16 = 1 << 4;
    /// Between quotation marks.
    pub(in super::super) const QUOTED: u16 = 1 << 5;
    /// Between round brackets.
    pub(in super::super) const BRACKETED: u16 = 1 << 6;
}

/// What stands around a word somewhere in the article, as a set of bits.
mod around {
    pub(super) const TITLE_BEFORE: u32 = 1;
    pub(super) const GIVEN_BEFORE: u32 = 1 << 1;
    pub(super) const FAMILY_AFTER: u32 = 1 << 2;
    pub(super) const SPEECH_AFTER: u32 = 1 << 3;
    pub(super) const PLACED: u32 = 1 << 4;
    pub(super) const THE_BEFORE: u32 = 1 << 5;
    pub(super) const HEAD_AFTER: u32 = 1 << 6;
    pub(super) const COMPANY_AFTER: u32 = 1 << 7;
    pub(super) const NEAR_PLACE_AFTER: u32 = 1 << 8;
    pub(super) const POSSESSIVE_AFTER: u32 = 1 << 9;
    pub(super) const COMMA_PLACE_AFTER: u32 = 1 << 10;
    pub(super) const IN_BRACKETS: u32 = 1 << 11;
    pub(super) const OF_BEFORE: u32 = 1 << 12;
    pub(super) const BY_BEFORE: u32 = 1 << 13;
    pub(super) const BRACKET_AFTER: u32 = 1 << 14;
    pub(super) const INITIAL_BEFORE: u32 = 1 << 15;
    pub(super) const ROLE_BEFORE: u32 = 1 << 16;
    pub(super) const WHO_AFTER: u32 = 1 << 17;
    pub(super) const PLACE_BEFORE: u32 = 1 << 18;
}

/// All forms of one word, and what the article tells of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Group {
    /// Times in lower case.
    pub(super) lower: u32,
    /// Times with a capital that its place does not explain.
    pub(super) capital: u32,
    /// What stands around it, somewhere.
    pub(super) around: u32,
    /// The longest run of capitalised words it is in.
    pub(super) longest: Run,
    /// Where in that run.
    pub(super) place: u32,
    /// The run that the word spells by its initials.
    pub(super) spells: Run,
}

/// A run of capitalised words: token numbers, half-open; empty for none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) end: u32,
}

impl Run {
    pub(super) const fn len(self) -> u32 {
        self.end - self.first
    }
}

/// A name of the lists over a token.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Phrase {
    /// Kinds of the name.
    pub(super) kinds: u16,
    /// Where in it: 1 first, 2 inside, 3 last, 4 alone.
    pub(super) place: u8,
}

/// An article, read.
#[derive(Debug, Default)]
pub(super) struct Article {
    pub(super) forms: Vec<Form>,
    pub(super) groups: Vec<Group>,
    /// Form of each token.
    pub(super) form_of: Vec<u32>,
    pub(super) flags: Vec<u16>,
    pub(super) runs: Vec<Run>,
    pub(super) phrases: Vec<Phrase>,
    /// Lines, as ranges of tokens.
    pub(super) lines: Vec<Range<usize>>,
    form_table: Numbers,
    group_table: Numbers,
    folded: String,
    spelt: Vec<(u32, Run)>,
}

/// Numbers by hash, in a table that is used again.
#[derive(Debug, Default)]
struct Numbers {
    slots: Vec<(u32, u32)>,
}

impl Numbers {
    /// Makes room for so many.
    fn clear(&mut self, room: usize) {
        self.slots.clear();
        self.slots.resize((2 * room).next_power_of_two().max(16), (0, u32::MAX));
    }

    /// The number of a hash; where it has none, it gets this one.
    fn get_or_insert(&mut self, hash: u32, number: u32) -> u32 {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            match self.slots[slot] {
                (_, u32::MAX) => {
                    self.slots[slot] = (hash, number);
                    return number;
                }
                (known, found) if known == hash => return found,
                _ => slot = (slot + 1) & mask,
            }
        }
    }
}

impl Article {
    /// Reads an article. `form` makes the form of a token, of whose characters the hash is given; it is asked once for
    /// each written form, in the order of [`Article::forms`].
    pub(super) fn read(
        &mut self,
        tokens: &[Token<'_>],
        lists: &Lists<'_>,
        form: impl FnMut(&Token<'_>, u32, &mut String) -> Form,
    ) {
        self.form_tokens(tokens, form);
        self.mark_lines(tokens);
        self.count(tokens);
        self.find_runs(tokens);
        self.find_phrases(tokens, lists);
        self.look_around(tokens);
        self.spell(tokens);
    }

    /// The form of a token.
    pub(super) fn form(&self, at: usize) -> &Form {
        &self.forms[self.form_of[at] as usize]
    }

    fn group(&self, at: usize) -> &Group {
        &self.groups[self.form(at).group as usize]
    }

    fn group_mut(&mut self, at: usize) -> &mut Group {
        let group = self.form(at).group as usize;
        &mut self.groups[group]
    }

    fn form_tokens(&mut self, tokens: &[Token<'_>], mut make: impl FnMut(&Token<'_>, u32, &mut String) -> Form) {
        self.forms.clear();
        self.groups.clear();
        self.form_of.clear();
        self.form_table.clear(tokens.len());
        self.group_table.clear(tokens.len());
        for token in tokens {
            let fresh = self.forms.len() as u32;
            let exact = hash::of_bytes(token.text.as_bytes());
            let number = self.form_table.get_or_insert(exact, fresh);
            if number == fresh {
                let mut form = make(token, exact, &mut self.folded);
                let group = self.groups.len() as u32;
                form.group = self.group_table.get_or_insert(form.folded, group);
                if form.group == group {
                    self.groups.push(Group::default());
                }
                self.forms.push(form);
            }
            self.form_of.push(number);
        }
    }

    fn mark_lines(&mut self, tokens: &[Token<'_>]) {
        self.lines.clear();
        self.flags.clear();
        let mut first = 0;
        for (at, token) in tokens.iter().enumerate() {
            if token.starts_line && at > 0 {
                self.lines.push(first..at);
                first = at;
            }
            let set = |holds: bool, flag: u16| if holds { flag } else { 0 };
            self.flags.push(
                set(token.opens, flag::OPENS)
                    | set(token.starts_line, flag::STARTS_LINE)
                    | set(token.glued, flag::GLUED)
                    | set(token.shouted, flag::SHOUTED),
            );
        }
        if !tokens.is_empty() {
            self.lines.push(first..tokens.len());
        }
        for line in &self.lines {
            let long = || tokens[line.clone()].iter().filter(|t| t.kind == Kind::Word && t.text.len() >= 4);
            let all = long().count();
            let titled = all >= 3 && 3 * long().filter(|t| t.is_capitalised()).count() > 2 * all;
            let (mut quoted, mut bracketed) = (false, false);
            for at in line.clone() {
                match tokens[at].text {
                    "“" | "«" => quoted = true,
                    "”" | "»" => quoted = false,
                    "\"" => quoted = !quoted,
                    "(" => bracketed = true,
                    ")" => bracketed = false,
                    _ => {}
                }
                let set = |holds: bool, flag: u16| if holds { flag } else { 0 };
                self.flags[at] |=
                    set(titled, flag::TITLED) | set(quoted, flag::QUOTED) | set(bracketed, flag::BRACKETED);
            }
        }
    }

    /// Counts how often each word stands in lower case, and with a capital for no reason of place.
    fn count(&mut self, tokens: &[Token<'_>]) {
        for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Word) {
            let by_place = self.flags[at] & (flag::OPENS | flag::SHOUTED | flag::TITLED) != 0;
            let group = self.group_mut(at);
            if token.shape == Shape::Lower {
                group.lower += 1;
            } else if !by_place {
                group.capital += 1;
            }
        }
    }

    fn find_runs(&mut self, tokens: &[Token<'_>]) {
        self.runs.clear();
        self.runs.resize(tokens.len(), Run::default());
        let mut at = 0;
        while at < tokens.len() {
            if !tokens[at].is_capitalised() || self.opens_with_word(at) {
                at += 1;
                continue;
            }
            let mut end = at + 1;
            loop {
                let next = |n: usize| tokens.get(n).filter(|t| !t.starts_line);
                let joint = next(end).is_some_and(|t| (t.glued && t.is_hyphen()) || t.is("&"));
                if next(end).is_some_and(Token::is_capitalised) {
                    end += 1;
                } else if joint && next(end + 1).is_some_and(Token::is_capitalised) {
                    end += 2;
                } else {
                    break;
                }
            }
            let run = Run { first: at as u32, end: end as u32 };
            self.runs[at..end].fill(run);
            if self.flags[at] & (flag::SHOUTED | flag::TITLED) == 0 && run.len() <= 8 {
                for i in at..end {
                    let group = self.group_mut(i);
                    if group.longest.len() < run.len() {
                        (group.longest, group.place) = (run, (i - at) as u32);
                    }
                }
            }
            at = end;
        }
    }

    /// Whether the word opens a sentence and is an everyday word.
    fn opens_with_word(&self, at: usize) -> bool {
        self.flags[at] & flag::OPENS != 0 && (self.form(at).traits.any(Traits::COMMON) || self.group(at).lower > 0)
    }

    fn find_phrases(&mut self, tokens: &[Token<'_>], lists: &Lists<'_>) {
        self.phrases.clear();
        self.phrases.resize(tokens.len(), Phrase::default());
        let mut at = 0;
        while at < tokens.len() {
            let form = self.form(at);
            if !tokens[at].is_capitalised() || form.listed == 0 {
                at += 1;
                continue;
            }
            let (mut best, mut kinds) = (at + 1, form.listed);
            let (mut end, mut name, mut known) = (at + 1, form.folded, form.listed);
            while known & GOES_ON != 0 && end < at + MAX_PHRASE && end < tokens.len() && !tokens[end].starts_line {
                name = hash::pair(name, self.form(end).folded);
                known = lists.kinds(name);
                end += 1;
                if known & !GOES_ON != 0 {
                    (best, kinds) = (end, known);
                }
            }
            kinds &= !GOES_ON;
            if kinds == 0 {
                at += 1;
                continue;
            }
            for i in at..best {
                let place = if best == at + 1 {
                    4
                } else if i == at {
                    1
                } else if i + 1 == best {
                    3
                } else {
                    2
                };
                self.phrases[i] = Phrase { kinds, place };
            }
            at = best;
        }
    }

    fn look_around(&mut self, tokens: &[Token<'_>]) {
        let not_told = flag::SHOUTED | flag::TITLED;
        for at in 0..tokens.len() {
            let run = self.runs[at];
            if run.len() == 0 || self.flags[at] & not_told != 0 {
                continue;
            }
            let mut seen = self.inside_run(at, run);
            if at as u32 == run.first || at as u32 + 1 == run.end {
                seen |= self.outside_run(tokens, run);
            }
            self.group_mut(at).around |= seen;
        }
    }

    /// What stands around a word within its run.
    fn inside_run(&self, at: usize, run: Run) -> u32 {
        let mut seen = 0;
        if at as u32 > run.first {
            let before = self.form(at - 1);
            if before.listed & lists::GIVEN != 0 {
                seen |= around::GIVEN_BEFORE;
            }
            if before.traits.any(Traits::TITLE) {
                seen |= around::TITLE_BEFORE;
            }
            if before.listed & (lists::COUNTRY | lists::CITY | lists::REGION) != 0 {
                seen |= around::PLACE_BEFORE;
            }
        }
        if (at as u32) + 1 < run.end {
            let after = self.form(at + 1);
            if after.listed & lists::FAMILY != 0 {
                seen |= around::FAMILY_AFTER;
            }
            if after.traits.any(Traits::HEAD) {
                seen |= around::HEAD_AFTER;
            }
            if after.traits.any(Traits::COMPANY) {
                seen |= around::COMPANY_AFTER;
            }
        }
        seen
    }

    /// What stands before and after a run.
    fn outside_run(&self, tokens: &[Token<'_>], run: Run) -> u32 {
        let (first, end) = (run.first as usize, run.end as usize);
        let mut seen = 0;
        if first > 0 && !tokens[first].starts_line {
            let mut before = first - 1;
            if tokens[before].is(".") && tokens[before].glued && before > 0 {
                before -= 1;
            }
            let traits = self.form(before).traits;
            if traits.any(Traits::TITLE) {
                seen |= around::TITLE_BEFORE;
            }
            if traits.any(Traits::ROLE) {
                seen |= around::ROLE_BEFORE;
            }
            if tokens[before].is_initial() {
                seen |= around::INITIAL_BEFORE;
            }
            seen |= match tokens[before].text {
                "in" | "In" | "at" | "near" | "from" | "into" | "around" | "outside" | "across" | "to" => {
                    around::PLACED
                }
                "the" | "The" => around::THE_BEFORE,
                "of" => around::OF_BEFORE,
                "by" | "with" | "for" => around::BY_BEFORE,
                _ => 0,
            };
        }
        let Some(after) = tokens.get(end).filter(|t| !t.starts_line) else { return seen };
        let traits = self.form(end).traits;
        if traits.any(Traits::SPEECH) {
            seen |= around::SPEECH_AFTER;
        }
        if traits.any(Traits::NEAR_PLACE) {
            seen |= around::NEAR_PLACE_AFTER;
        }
        if after.kind == Kind::Possessive {
            seen |= around::POSSESSIVE_AFTER;
        }
        seen |= match after.text {
            ")" if first > 0 && tokens[first - 1].is("(") => around::IN_BRACKETS,
            "(" => around::BRACKET_AFTER,
            "who" => around::WHO_AFTER,
            "," => self.after_comma(tokens, end + 1),
            _ => 0,
        };
        seen
    }

    fn after_comma(&self, tokens: &[Token<'_>], at: usize) -> u32 {
        if tokens.get(at).is_none_or(|t| t.starts_line) {
            return 0;
        }
        if tokens[at].is("who") {
            return around::WHO_AFTER;
        }
        let place = lists::COUNTRY | lists::CITY | lists::REGION;
        if self.phrases[at].kinds & place != 0 { around::COMMA_PLACE_AFTER } else { 0 }
    }

    /// Finds the runs, also over "of" and the like, whose initials are a word of the article.
    fn spell(&mut self, tokens: &[Token<'_>]) {
        let mut spelt = std::mem::take(&mut self.spelt);
        spelt.clear();
        let mut at = 0;
        while at < tokens.len() && spelt.len() < MAX_SPELT {
            let run = self.runs[at];
            if run.len() == 0 || self.flags[at] & (flag::SHOUTED | flag::TITLED) != 0 {
                at += 1;
                continue;
            }
            note_initials(&mut spelt, tokens, run);
            let longer = self.over_links(tokens, run);
            if longer != run {
                note_initials(&mut spelt, tokens, longer);
            }
            at = run.end as usize;
        }
        if !spelt.is_empty() {
            for form in &self.forms {
                let acronym = form.is_word && form.case == Shape::Upper;
                if let Some((_, run)) = spelt.iter().find(|(initials, _)| acronym && *initials == form.exact) {
                    self.groups[form.group as usize].spells = *run;
                }
            }
        }
        self.spelt = spelt;
    }

    /// The run with the next ones that "of", "for" and the like join to it.
    fn over_links(&self, tokens: &[Token<'_>], run: Run) -> Run {
        let mut end = run.end as usize;
        loop {
            let mut next = end;
            while next < end + 2
                && tokens.get(next).is_some_and(|t| {
                    !t.starts_line && matches!(t.text, "of" | "for" | "the" | "and" | "on" | "de" | "in" | "to")
                })
            {
                next += 1;
            }
            let follows = next > end && tokens.get(next).is_some_and(|t| !t.starts_line);
            if !follows || self.runs[next].len() == 0 || self.runs[next].first as usize != next {
                return Run { first: run.first, end: end as u32 };
            }
            end = self.runs[next].end as usize;
        }
    }
}

/// Notes the initials of the capitalised words of a run, if there are two or more.
fn note_initials(spelt: &mut Vec<(u32, Run)>, tokens: &[Token<'_>], run: Run) {
    let mut letters = [0_u8; MAX_ACRONYM];
    let mut count = 0;
    for token in tokens[run.first as usize..run.end as usize].iter().filter(|t| t.is_capitalised()) {
        match token.text.bytes().next() {
            Some(first) if first.is_ascii_uppercase() && count < MAX_ACRONYM => {
                (letters[count], count) = (first, count + 1);
            }
            _ => return,
        }
    }
    if count >= 2 {
        spelt.push((hash::of_bytes(&letters[..count]), run));
    }
}
