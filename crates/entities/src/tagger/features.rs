//! The features of a token, each a hash that the model may have a row of weights for.
//!
//! Two sorts. *Form features* hang on a written form and its distance from the token (two before to two after), so
//! a model adds them up once for each form of an article. *Place features* hang on the one place: neighbours
//! together, the run of capitals, names of the lists, marks around. Kept in one file because the numbers of the
//! templates must not meet: they are part of the model format, and changing any of them makes a new format
//! ([`super::model::MAGIC`]).

use super::article::{Article, Group, Run, flag};
use super::form::Form;
use super::hash::{mix, pair};
use super::lists::LIST_KINDS;
use crate::lexicon::Traits;
use crate::token::Shape;

/// Distances of the forms that a token looks at: two before, one before, itself, one after, two after.
pub const DISTANCES: usize = 5;
/// The distance of the token itself.
pub const HERE: usize = 2;

/// What a feature hangs on: what hangs on less can be added up once for more tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// The written form alone.
    Form,
    /// What the article tells of the form.
    Article,
    /// The numbers of a [`frame`].
    Frame,
    /// The place.
    Place,
}

/// Where there is no token.
const NOWHERE: u32 = 0x5EED;

#[inline]
const fn feature(template: u32, value: u32) -> u32 {
    mix(template.wrapping_mul(0x9E37_79B1) ^ value)
}

/// The features of one form at one distance.
pub(super) fn of_form(article: &Article, form: &Form, group: &Group, distance: usize, mut emit: impl FnMut(On, u32)) {
    match distance {
        HERE => of_form_here(article, form, group, emit),
        1 | 3 => {
            let base = 100 * distance as u32;
            emit(On::Form, feature(base, form.folded));
            emit(On::Form, feature(base + 1, form.shape));
            emit(On::Form, feature(base + 2, form.tails[2]));
            emit(On::Form, feature(base + 3, form.tails[1]));
            of_clusters(form, base + 4, [true; 4], &mut emit);
            emit(On::Form, feature(base + 8, form.traits.bits()));
            emit(On::Form, feature(base + 9, u32::from(form.listed)));
            emit(On::Article, feature(base + 10, habit(form, group)));
            of_bits(form.traits.bits(), base + 11, &mut emit);
        }
        _ => {
            let base = 100 * distance as u32;
            emit(On::Form, feature(base, form.folded));
            emit(On::Form, feature(base + 1, form.brief));
            of_clusters(form, base + 4, [false, true, true, false], &mut emit);
            emit(On::Form, feature(base + 8, form.traits.bits()));
            emit(On::Form, feature(base + 9, u32::from(form.listed)));
        }
    }
}

fn of_form_here(article: &Article, form: &Form, group: &Group, mut emit: impl FnMut(On, u32)) {
    emit(On::Form, feature(1, form.folded));
    emit(On::Form, feature(2, form.exact));
    emit(On::Form, feature(3, form.shape));
    emit(On::Form, feature(4, form.brief));
    for (n, &head) in form.heads.iter().enumerate().filter(|(_, head)| **head != 0) {
        emit(On::Form, feature(5 + n as u32, head));
    }
    for (n, &tail) in form.tails.iter().enumerate().filter(|(_, tail)| **tail != 0) {
        emit(On::Form, feature(8 + n as u32, tail));
    }
    emit(On::Form, feature(12, pair(form.brief, form.tails[2])));
    of_clusters(form, 14, [true; 4], &mut emit);
    if let Some(clusters) = form.clusters {
        emit(On::Form, feature(18, pair(form.brief, u32::from(clusters[1]))));
        emit(On::Article, feature(19, pair(habit(form, group), u32::from(clusters[2]))));
    } else {
        emit(On::Form, feature(20, form.brief));
    }
    emit(On::Form, feature(21, form.traits.bits()));
    of_bits(form.traits.bits(), 22, &mut emit);
    emit(On::Form, feature(23, u32::from(form.listed)));
    emit(On::Article, feature(24, habit(form, group)));
    emit(On::Article, feature(25, pair(habit(form, group), form.brief)));
    if form.case == Shape::Lower {
        return;
    }
    for bit in bits(group.around) {
        emit(On::Article, feature(26, bit));
        emit(On::Article, feature(27, pair(bit, u32::from(form.listed))));
    }
    of_longest(article, group, &mut emit);
    if group.spells.len() > 0 {
        let (first, last) = ends(article, group.spells);
        emit(On::Article, feature(40, 1));
        emit(On::Article, feature(41, first.folded));
        emit(On::Article, feature(42, last.folded));
        emit(On::Article, feature(43, cluster(first, 1)));
        emit(On::Article, feature(44, cluster(last, 1)));
    }
}

/// What the longest run of capitals says that the word is in, anywhere in the article.
fn of_longest(article: &Article, group: &Group, emit: &mut impl FnMut(On, u32)) {
    let run = group.longest;
    if run.len() < 2 {
        return;
    }
    let (first, last) = ends(article, run);
    let is_last = group.place + 1 == run.len();
    let place = if group.place == 0 { 0 } else { 1 + u32::from(is_last) };
    emit(On::Article, feature(30, pair(place, run.len().min(5))));
    emit(On::Article, feature(31, pair(place, first.folded)));
    emit(On::Article, feature(32, pair(place, last.folded)));
    emit(On::Article, feature(33, pair(place, cluster(first, 2))));
    emit(On::Article, feature(34, pair(place, cluster(last, 2))));
    emit(On::Article, feature(35, pair(place, u32::from(first.listed))));
    emit(On::Article, feature(36, pair(place, last.traits.bits())));
    emit(On::Article, feature(37, before(article, run).map_or(NOWHERE, |form| form.folded)));
    emit(On::Article, feature(38, after(article, run).map_or(NOWHERE, |form| form.folded)));
    emit(On::Article, feature(39, pair(place, before(article, run).map_or(NOWHERE, |form| cluster(form, 2)))));
}

/// The neighbours of a token on its line.
struct Around<'a> {
    previous: Option<&'a Form>,
    next: Option<&'a Form>,
    /// 1 where the next is written without a space before it.
    next_glued: u32,
}

impl<'a> Around<'a> {
    #[inline]
    fn of(article: &'a Article, at: usize) -> Self {
        let line_start = article.flags[at] & flag::STARTS_LINE != 0;
        let previous = at.checked_sub(1).filter(|_| !line_start).map(|i| article.form(i));
        let next_flags = article.flags.get(at + 1).filter(|flags| **flags & flag::STARTS_LINE == 0);
        let next_glued = u32::from(next_flags.is_some_and(|flags| flags & flag::GLUED != 0));
        Self { previous, next: next_flags.map(|_| article.form(at + 1)), next_glued }
    }
}

/// The shape of a form, where there is one.
fn brief(form: Option<&Form>) -> u32 {
    form.map_or(NOWHERE, |form| form.brief)
}

/// The numbers that the features on a frame hang on: the shapes of the token and its neighbours, and how the token
/// stands there.
pub(super) fn frame(article: &Article, at: usize) -> [u32; 4] {
    let form = article.form(at);
    let Around { previous, next, next_glued } = Around::of(article, at);
    let habit = habit(form, &article.groups[form.group as usize]);
    let stands = u32::from(article.flags[at]) | next_glued << 16 | habit << 17;
    [brief(previous), form.brief, brief(next), stands]
}

/// The features of one place.
pub(super) fn of_place(article: &Article, at: usize, mut emit: impl FnMut(On, u32)) {
    let form = article.form(at);
    let group = &article.groups[form.group as usize];
    let flags = article.flags[at];
    let Around { previous, next, next_glued } = Around::of(article, at);
    emit(On::Frame, feature(1000, 0));
    emit(On::Frame, feature(1001, u32::from(flags)));
    emit(On::Frame, feature(1002, pair(u32::from(flags & (flag::OPENS | flag::SHOUTED | flag::TITLED)), form.brief)));
    emit(
        On::Frame,
        feature(1003, pair(u32::from(flags & (flag::OPENS | flag::SHOUTED | flag::TITLED)), habit(form, group))),
    );
    let word = |form: Option<&Form>| form.map_or(NOWHERE, |form| form.folded);
    let cluster_of = |form: Option<&Form>, depth| form.map_or(NOWHERE, |form| cluster(form, depth));
    emit(On::Place, feature(1010, pair(word(previous), form.folded)));
    emit(On::Place, feature(1011, pair(form.folded, word(next))));
    emit(On::Place, feature(1012, pair(word(previous), word(next))));
    emit(On::Place, feature(1013, pair(cluster_of(previous, 2), cluster(form, 2))));
    emit(On::Place, feature(1014, pair(cluster(form, 2), cluster_of(next, 2))));
    emit(On::Frame, feature(1015, pair(brief(previous), form.brief)));
    emit(On::Frame, feature(1016, pair(form.brief, brief(next))));
    emit(On::Frame, feature(1017, pair(brief(previous), pair(form.brief, brief(next)))));
    emit(On::Place, feature(1018, pair(word(previous), form.brief)));
    emit(On::Place, feature(1019, pair(form.brief, word(next))));
    emit(On::Place, feature(1020, pair(cluster_of(previous, 1), pair(form.brief, cluster_of(next, 1)))));
    let glued = u32::from(flags & flag::GLUED != 0);
    emit(On::Frame, feature(1021, pair(pair(glued, next_glued), pair(brief(previous), brief(next)))));
    of_phrases(article, at, flags & flag::STARTS_LINE != 0, next.is_some(), &mut emit);
    of_run(article, at, form, group, &mut emit);
}

fn of_phrases(article: &Article, at: usize, line_start: bool, goes_on: bool, emit: &mut impl FnMut(On, u32)) {
    let phrase = article.phrases[at];
    if phrase.kinds != 0 {
        emit(On::Place, feature(1030, pair(u32::from(phrase.kinds), u32::from(phrase.place))));
        for kind in 0..LIST_KINDS as u32 {
            if phrase.kinds >> kind & 1 != 0 {
                emit(On::Place, feature(1031, pair(kind, u32::from(phrase.place))));
            }
        }
    }
    if !line_start && at > 0 && article.phrases[at - 1].kinds != 0 {
        let before = article.phrases[at - 1];
        emit(On::Place, feature(1032, pair(u32::from(before.kinds), u32::from(before.place))));
    }
    if goes_on && article.phrases[at + 1].kinds != 0 {
        let after = article.phrases[at + 1];
        emit(On::Place, feature(1033, pair(u32::from(after.kinds), u32::from(after.place))));
    }
}

/// What the run of capitals here says, if the token is in one.
fn of_run(article: &Article, at: usize, form: &Form, group: &Group, emit: &mut impl FnMut(On, u32)) {
    let run = article.runs[at];
    if run.len() == 0 {
        return;
    }
    let (first, last) = ends(article, run);
    let from_start = (at as u32 - run.first).min(3);
    let to_end = (run.end - 1 - at as u32).min(3);
    let place = pair(from_start, to_end);
    emit(On::Place, feature(1040, place));
    emit(On::Place, feature(1041, pair(to_end, last.folded)));
    emit(On::Place, feature(1042, pair(to_end, cluster(last, 2))));
    emit(On::Place, feature(1043, pair(place, last.traits.bits())));
    emit(On::Place, feature(1044, pair(from_start, first.folded)));
    emit(On::Place, feature(1045, pair(place, u32::from(first.listed))));
    let before = before(article, run);
    let after = after(article, run);
    let word = |form: Option<&Form>| form.map_or(NOWHERE, |form| form.folded);
    emit(On::Place, feature(1046, pair(from_start, word(before))));
    emit(On::Place, feature(1047, pair(to_end, word(after))));
    emit(On::Place, feature(1048, pair(place, pair(word(before), word(after)))));
    emit(On::Place, feature(1049, pair(from_start, before.map_or(NOWHERE, |form| cluster(form, 2)))));
    emit(On::Place, feature(1050, pair(to_end, after.map_or(NOWHERE, |form| cluster(form, 2)))));
    emit(On::Place, feature(1051, pair(place, before.map_or(NOWHERE, |form| form.traits.bits()))));
    // A part of a longer name of the article, or the whole.
    let part = u32::from(group.longest.len() > run.len());
    emit(On::Place, feature(1052, pair(part, pair(place, group.place.min(2)))));
    // "Ministry of Foreign Affairs": what stands before the "of".
    if let Some(head) = head_before(article, run) {
        emit(On::Place, feature(1053, pair(from_start, head.folded)));
        emit(On::Place, feature(1054, pair(from_start, head.traits.bits())));
    }
    if let Some(tail) = tail_after(article, run) {
        emit(On::Place, feature(1055, pair(to_end, tail.folded)));
        emit(On::Place, feature(1056, pair(to_end, pair(cluster(tail, 1), form.traits.bits()))));
    }
}

/// The last word of the run before "of" or the like before a run.
fn head_before(article: &Article, run: Run) -> Option<&Form> {
    let first = run.first as usize;
    let starts_line = |i: usize| article.flags[i] & flag::STARTS_LINE != 0;
    let mut at = first;
    for _ in 0..2 {
        if at == 0 || starts_line(at) {
            return None;
        }
        at -= 1;
        if !article.form(at).traits.any(Traits::LINK) {
            return (at + 1 < first && article.runs[at].len() > 0).then(|| article.form(at));
        }
    }
    let head = at.checked_sub(1).filter(|_| !starts_line(at))?;
    (article.runs[head].len() > 0).then(|| article.form(head))
}

/// The first word of the run after "of" or the like after a run.
fn tail_after(article: &Article, run: Run) -> Option<&Form> {
    let mut at = run.end as usize;
    let on_line = |i: usize| article.flags.get(i).is_some_and(|flags| flags & flag::STARTS_LINE == 0);
    let end = at;
    while at < end + 2 && on_line(at) && article.form(at).traits.any(Traits::LINK) {
        at += 1;
    }
    (at > end && on_line(at) && article.runs[at].len() > 0).then(|| article.form(at))
}

fn ends(article: &Article, run: Run) -> (&Form, &Form) {
    (article.form(run.first as usize), article.form(run.end as usize - 1))
}

fn before(article: &Article, run: Run) -> Option<&Form> {
    let first = run.first as usize;
    first.checked_sub(1).filter(|_| article.flags[first] & flag::STARTS_LINE == 0).map(|i| article.form(i))
}

fn after(article: &Article, run: Run) -> Option<&Form> {
    let end = run.end as usize;
    article.flags.get(end).filter(|flags| **flags & flag::STARTS_LINE == 0).map(|_| article.form(end))
}

/// How the word is cased elsewhere: never, seldom or often in lower case and with a capital.
fn habit(form: &Form, group: &Group) -> u32 {
    let few = |count: u32| count.min(2);
    u32::from(form.case != Shape::Lower) * 9 + few(group.lower) * 3 + few(group.capital)
}

fn cluster(form: &Form, depth: usize) -> u32 {
    form.clusters.map_or(NOWHERE, |clusters| u32::from(clusters[depth]))
}

fn of_clusters(form: &Form, base: u32, depths: [bool; 4], emit: &mut impl FnMut(On, u32)) {
    let Some(clusters) = form.clusters else { return };
    for depth in (0..4).filter(|&depth| depths[depth]) {
        emit(On::Form, feature(base + depth as u32, u32::from(clusters[depth])));
    }
}

fn of_bits(set: u32, template: u32, emit: &mut impl FnMut(On, u32)) {
    bits(set).for_each(|bit| emit(On::Form, feature(template, bit)));
}

/// The members of a set, from the lowest.
fn bits(mut set: u32) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let bit = (set != 0).then(|| set.trailing_zeros());
        set &= set.wrapping_sub(1);
        bit
    })
}
