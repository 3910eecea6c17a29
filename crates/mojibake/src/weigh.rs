//! How much a sequence speaks for a misreading.
//!
//! - *How odd is what stands here?* Print has rules that hold in every language: a capital does not follow a small
//!   letter, a currency sign or an opening quotation mark does not follow a letter, nor a letter a closing one, and
//!   scripts do not mix within a word. Misread text breaks them at every step (`Place::oddness`).
//! - *How well does the repair fit?* Its letters must be of an alphabet in use, of the script of the letters beside
//!   them, and of a fitting case (`Place::fit`). Where they can't stand at all it is a **conflict**.
//!
//! The first question is ftfy's ("badness"); here the rules are of print in general, not of pairs of characters,
//! and the second question counts as much. The weights were set by hand on misread sentences of 48 languages in
//! all pages, against clean ones of the same; 4 in sum is proof.

use std::ops::{Add, AddAssign};

use crate::judge::{Item, Reading};
use crate::script::{Script, Source, Target};
use crate::table::{kind, result, row};

/// What a sequence, or several, weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Weight {
    /// How odd the source is.
    pub odd: i32,
    /// How well the result fits, at most 1 a sequence.
    pub fit: i32,
    /// Whether the result can't stand where it would.
    pub conflict: bool,
}

impl Weight {
    /// Whether this proves as much as `proof`.
    pub(crate) const fn proves(self, proof: i32) -> bool {
        !self.conflict && self.odd + self.fit >= proof
    }
}

impl Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { odd: self.odd + other.odd, fit: self.fit + other.fit, conflict: self.conflict || other.conflict }
    }
}

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// A character beside an item: of the text, or of the repair where it is part of the same run.
#[derive(Clone, Copy)]
struct Neighbour {
    c: char,
    /// What it looks like.
    result: Target,
    /// Whether it stands in the text so.
    outside: bool,
}

impl Neighbour {
    fn inside(item: &Item) -> Self {
        Self { c: item.target, result: item.result, outside: false }
    }

    fn outside(c: char) -> Self {
        Self { c, result: result(c), outside: true }
    }
}

/// Whether few people use this Latin letter: those of constructed and small languages.
const fn is_seldom(c: char) -> bool {
    matches!(c, 'Ĉ'..='ċ' | 'Ĕ' | 'ĕ' | 'Ĝ' | 'ĝ' | 'Ġ' | 'ġ' | 'Ĥ'..='ħ' | 'Ĭ' | 'ĭ' | 'Ĵ' | 'ĵ' | 'Ŋ' | 'ŋ' | 'Ŏ' | 'ŏ')
        || matches!(c, 'Ŝ' | 'ŝ' | 'Ŧ' | 'ŧ' | 'Ŭ' | 'ŭ' | 'Ŵ'..='ŷ')
}

/// Whether the letter is a word.
const fn is_word(c: char) -> bool {
    matches!(c, 'à' | 'á' | 'å' | 'é' | 'è' | 'ê' | 'í' | 'ó' | 'À' | 'Á' | 'É' | 'È' | 'Ó')
}

/// Weighs an item of a reading.
pub(crate) fn weigh(reading: &Reading<'_>, index: usize) -> Weight {
    let item = &reading.items[index];
    let place = Place { reading, item };
    let before = match index.checked_sub(1).map(|before| &reading.items[before]) {
        Some(before) if before.end() == item.start => Some(Neighbour::inside(before)),
        _ => item.start.checked_sub(1).map(|at| Neighbour::outside(reading.line.chars[at])),
    };
    let after = match reading.items.get(index + 1) {
        Some(after) if after.start == item.end() => Some(Neighbour::inside(after)),
        _ => reading.line.chars.get(item.end()).map(|&c| Neighbour::outside(c)),
    };
    let (fit, conflict) = place.fit(before, after);
    Weight { odd: place.oddness(), fit, conflict }
}

/// An item in its line.
struct Place<'a> {
    reading: &'a Reading<'a>,
    item: &'a Item,
}

/// Whether two characters are letters of two scripts.
fn mixes(a: Source, b: Source) -> bool {
    matches!((a.letter(), b.letter()), (Some(a), Some(b)) if a != b)
}

impl Place<'_> {
    /// What a character of the line is in print; beyond its ends are spaces.
    fn kind(&self, at: usize) -> Source {
        let line = self.reading.line;
        line.rows.get(at).map_or(Source::Space, |row| row.source(line.chars[at]))
    }

    /// How odd the characters of the item are in their place.
    fn oddness(&self) -> i32 {
        let item = self.item;
        let before = item.start.checked_sub(1).map_or(Source::Space, |at| self.kind(at));
        let lead = self.kind(item.start);
        if self.is_formula(before, lead) {
            return 0;
        }
        let mut odd = match (before, lead) {
            (Source::Lower(_), Source::Upper(_)) => 3,
            (Source::Lower(_) | Source::Upper(_), Source::Symbol | Source::Drawing | Source::Odd) => 3,
            (Source::Lower(_) | Source::Upper(_), Source::Opening) => 2,
            _ => 0,
        };
        odd += 3 * i32::from(mixes(before, lead));
        let mut last = lead;
        for at in item.start + 1..item.end() {
            let this = self.kind(at);
            odd += self.step(last, this, at);
            last = this;
        }
        odd += 3 * i32::from(mixes(last, self.kind(item.end())));
        // E2 80, E2 82, E2 84: quotation marks, dashes, the euro, ™. Nothing else is misread so often, and
        // what it gives (`â€`, `вЂ`, `‚Ä`, `ΓÇ`) is in no language.
        if item.len == 3 && matches!(item.target, '\u{2010}'..='\u{203A}' | '€' | '™') {
            odd += 4 * i32::from(item.result == Target::Print);
        }
        // C3: most accented letters of Western Europe.
        if self.reading.line.rows[item.start].byte(self.reading.page) == 0xC3 {
            odd += 1 + 3 * i32::from(item.target == 'à' && self.is_lone_grave());
        }
        if self.is_stray() {
            odd += 2 + i32::from(item.target == '\u{A0}');
        }
        odd
    }

    /// Whether this is an "Â" before a sign, where neither a word in capitals ends with it nor a quotation
    /// opens: it is what is left of a sign of Latin-1.
    fn is_stray(&self) -> bool {
        let line = self.reading.line;
        let before = self.item.start.checked_sub(1).map_or(' ', |at| line.chars[at]);
        line.chars[self.item.start] == 'Â'
            && self.item.result == Target::Print
            && (before.is_whitespace()
                || before.is_lowercase()
                || before.is_ascii_digit()
                || matches!(before, '.' | ',' | ';' | ':' | '?' | '!' | ')' | '%' | '’' | '”' | '»'))
    }

    /// How odd it is that `this`, at a place, follows `last`.
    fn step(&self, last: Source, this: Source, at: usize) -> i32 {
        let next = self.kind(at + 1);
        let inside = next.letter().is_some();
        let after_letter = last.letter().is_some();
        match this {
            Source::Control => 5,
            Source::Odd => 4,
            // Words are hyphenated, but not after "Ã" if small letters follow.
            Source::Hyphen => {
                let lead = self.reading.line.chars[self.item.start];
                4 * i32::from(lead == 'Ã' && matches!(next, Source::Lower(_)))
            }
            Source::Opening if self.reading.dubious && self.reading.line.chars[at] == '¥' => -2,
            Source::Opening if after_letter => 2 + i32::from(inside || next == Source::Digit),
            Source::Opening if last == Source::Closing => 2,
            Source::Symbol | Source::Drawing if after_letter => 2 + 2 * i32::from(inside),
            Source::Closing if after_letter => 1 + 2 * i32::from(inside),
            Source::Closing if matches!(last, Source::Drawing | Source::Symbol) => 2,
            Source::Closing if matches!(last, Source::Stop | Source::Odd) => 2 + i32::from(inside),
            Source::Stop if after_letter => 2 * i32::from(inside),
            Source::Upper(_) if matches!(last, Source::Lower(_)) => 3,
            Source::Upper(_) if matches!((last, next), (Source::Upper(_), Source::Lower(_))) => 2,
            Source::Drawing if last == Source::Drawing => 2 * i32::from(inside),
            // Signs that stand between numbers, if between anything.
            _ if matches!(last, Source::Drawing | Source::Symbol | Source::Odd) => 3,
            _ => 3 * i32::from(mixes(last, this)),
        }
    }

    /// Whether the item may be mathematics: "√π", "∆Ω".
    fn is_formula(&self, before: Source, lead: Source) -> bool {
        if lead != Source::Symbol || before.letter().is_some() {
            return false;
        }
        let operand = self.kind(self.item.start + 1);
        let rest = &self.reading.line.chars[self.item.end()..];
        let is_word = rest.iter().take(2).filter(|c| c.is_ascii_lowercase()).count() == 2;
        (operand == Source::Symbol || operand.letter() == Some(Script::Greek)) && !is_word
    }

    /// Whether "Ã" and a no-break space can hardly be the end of a word in capitals.
    fn is_lone_grave(&self) -> bool {
        let chars = self.reading.line.chars;
        let upper = |back: usize| self.item.start.checked_sub(back).is_some_and(|at| chars[at].is_uppercase());
        !upper(1) || (!upper(2) && chars.get(self.item.end()).is_some_and(|c| c.is_lowercase()))
    }

    /// How well the item's character fits its place, and whether it can't stand there.
    fn fit(&self, before: Option<Neighbour>, after: Option<Neighbour>) -> (i32, bool) {
        // Part of a longer sequence that is not one: a garble, of which a part would be made worse.
        if before.is_some_and(|before| before.outside && self.is_torn(before.c)) {
            return (0, true);
        }
        // In a line that is Cyrillic anyway, "В»" is no "»", and "Г”" no "Ô".
        if self.reading.native
            && self.item.len == 2
            && matches!(self.item.result, Target::Print | Target::Letter(Script::Latin))
        {
            return (0, true);
        }
        let c = self.item.target;
        match self.item.result {
            Target::Never => {
                // A C1 control character may be part of another layer.
                let inside = [before, after].into_iter().flatten().any(|neighbour| !neighbour.outside);
                (0, !(inside && matches!(c, '\u{80}'..='\u{9F}')))
            }
            Target::Rare => (-3, self.reading.page.is_dos()),
            Target::Symbol => (i32::from(c >= '\u{2600}'), false),
            Target::Print if c == '×' && before.is_some_and(|before| before.c.is_alphabetic()) => (-2, false),
            Target::Print => (1, false),
            Target::Letter(own) => {
                let (mut fit, mut conflict) = (0, false);
                for neighbour in [before, after].into_iter().flatten() {
                    let Target::Letter(other) = neighbour.result else { continue };
                    let byte = row(neighbour.c).byte(self.reading.page);
                    if neighbour.outside && other == Script::Latin && own.is_led_by(byte) {
                        continue; // of the same script, and what followed it was lost
                    }
                    let unread = neighbour.outside && byte != 0;
                    if other == own {
                        fit += i32::from(fit == 0);
                        conflict |= unread && own != Script::Latin;
                    } else if unread {
                        conflict = true;
                    } else if !(own.is_unspaced() || other.is_unspaced()) {
                        // A Latin letter beside a Cyrillic word may be one that looks alike: it weighs, no more.
                        conflict |= !neighbour.outside;
                        fit -= 5;
                    }
                }
                if fit == 0 && is_word(c) {
                    fit = 1;
                }
                if own == Script::Latin && is_seldom(c) {
                    fit -= 1;
                }
                (fit + self.case_fit(before, after), conflict)
            }
        }
    }

    /// Whether a character that is no part of a sequence may be part of a broken one, in this page or another.
    fn is_torn(&self, c: char) -> bool {
        match kind(c) {
            Source::Odd | Source::Opening | Source::Closing | Source::Symbol | Source::Control => {
                !matches!(c, '‚' | '„' | '•')
            }
            Source::Lower(_) | Source::Upper(_) | Source::Drawing => {
                (0x80..0xC0).contains(&row(c).byte(self.reading.page))
            }
            _ => false,
        }
    }

    /// Whether the letter's case goes with those beside it: a capital after a small letter does not, nor a small
    /// letter that follows two capitals and is not followed by another.
    fn case_fit(&self, before: Option<Neighbour>, after: Option<Neighbour>) -> i32 {
        let kind_of = |neighbour: Option<Neighbour>| neighbour.map_or(Source::Space, |neighbour| kind(neighbour.c));
        let wrong = match kind(self.item.target) {
            Source::Upper(_) => matches!(kind_of(before), Source::Lower(_)),
            Source::Lower(_) if matches!(kind_of(after), Source::Lower(_)) => false,
            Source::Lower(_) => {
                let first = self.item.start.checked_sub(2).map_or(Source::Space, |at| self.kind(at));
                let inside = before.is_some_and(|before| !before.outside);
                matches!(kind_of(before), Source::Upper(_)) && (inside || matches!(first, Source::Upper(_)))
            }
            _ => false,
        };
        -2 * i32::from(wrong)
    }
}
