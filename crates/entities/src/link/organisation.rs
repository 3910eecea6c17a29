//! Organisations of one article: the full name, the name without its legal form, its beginning or its end, its acronym.
//!
//! A short name belongs to a longer one only where no second longer name could claim it: with the Bergen Bears and the
//! Oslo Bears about, the Bears are neither.

use std::collections::HashMap;

use copydesk_article::EntityType;

use super::{bare, place};
use crate::find::{Found, Key};
use crate::gazetteer::gazetteer;
use crate::lexicon::{Traits, lexicon};
use crate::token::tokenise;

/// More names than this are a list, in which likeness means nothing.
const MAX_FORMS: usize = 200;
/// Words at the end of a company's name that say what it is by law.
const LEGAL: [&str; 24] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "ltd",
    "limited",
    "plc",
    "llc",
    "lp",
    "llp",
    "ag",
    "sa",
    "nv",
    "ab",
    "asa",
    "oyj",
    "gmbh",
    "bv",
    "spa",
    "holdings",
    "holding",
    "group",
];
/// Words that an acronym may leave out.
const SMALL: [&str; 12] = ["of", "for", "the", "and", "on", "in", "de", "du", "la", "des", "to", "a"];

/// One written form of the article's organisations.
struct Form<'a> {
    /// As it was first written.
    text: &'a str,
    /// Its words, without accents, article and legal form.
    words: Vec<String>,
    /// Letters, if it is written as an acronym.
    acronym: Option<String>,
    /// Initials of its words, with and without the small ones.
    initials: [String; 2],
    /// The form it stands for, perhaps itself.
    of: usize,
    /// Whether the first of several words is a country or its people: at home it is left out.
    has_country: bool,
}

pub(super) fn link(names: &mut [Found<'_>]) {
    let mut forms: Vec<Form<'_>> = Vec::new();
    let mut by_words: HashMap<Vec<String>, usize> = HashMap::new();
    let mut form_of: Vec<Option<usize>> = Vec::with_capacity(names.len());
    for name in names.iter() {
        form_of.push((name.kind == EntityType::Organisation).then(|| {
            let form = Form::of(name.text, forms.len());
            let number = *by_words.entry(singular(&form.words)).or_insert(forms.len());
            match forms.get_mut(number) {
                None => forms.push(form),
                // Written small somewhere, it is a word in capitals elsewhere.
                Some(known) if form.acronym.is_none() => known.acronym = None,
                Some(_) => {}
            }
            number
        }));
    }
    if forms.len() <= MAX_FORMS {
        introduced(names, &form_of, &mut forms);
        acronyms(&mut forms);
        parts(&mut forms);
    }
    for (name, form) in names.iter_mut().zip(form_of) {
        if let Some(form) = form {
            let root = root(&forms, form);
            name.key = listed(&forms, root).unwrap_or_else(|| Key::Form(forms[root].words.join(" ")));
        }
    }
}

/// The words of an organisation's name, without accents, article and legal form.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c == '-' || c == '/')
        .map(|word| modern(&bare(word).replace('.', "")).trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    if words.len() > 1 && matches!(words[0].as_str(), "the" | "ex") {
        words.remove(0);
    }
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL.contains(&word.as_str())) {
        words.pop();
    }
    if let Some(last) = words.last_mut()
        && let Some(bare) = last.strip_suffix("'s")
    {
        *last = bare.to_owned();
    }
    words
}

impl<'a> Form<'a> {
    fn of(text: &'a str, number: usize) -> Self {
        let words = words(text);
        let letters: String = text.chars().filter(|c| *c != '.').collect();
        let is_acronym = (2..=8).contains(&letters.len()) && letters.chars().all(|c| c.is_ascii_uppercase());
        let first_letters = |words: &mut dyn Iterator<Item = &String>| -> String {
            words.filter_map(|word| word.chars().next()).collect()
        };
        let initials = [
            first_letters(&mut words.iter().filter(|word| !SMALL.contains(&word.as_str()))),
            first_letters(&mut words.iter()),
        ];
        let has_country = words.len() > 2 && place::is_country(&words[0]);
        Self { text, acronym: is_acronym.then(|| letters.to_lowercase()), initials, of: number, has_country, words }
    }

    /// The words without the country before them.
    fn without_country(&self) -> &[String] {
        &self.words[usize::from(self.has_country)..]
    }
}

/// The words with the last in the singular: a side's players go by its name.
fn singular(words: &[String]) -> Vec<String> {
    let mut words = words.to_vec();
    if let Some(last) = words.last_mut().filter(|last| last.len() > 4 && last.ends_with('s') && !last.ends_with("ss")) {
        last.pop();
    }
    words
}

/// British and American spellings made one.
fn modern(word: &str) -> String {
    match word {
        "centre" => "center".to_owned(),
        "defence" => "defense".to_owned(),
        "labour" => "labor".to_owned(),
        "programme" => "program".to_owned(),
        word if word.ends_with("isation") || word.ends_with("isations") => word.replace("isation", "ization"),
        word => word.to_owned(),
    }
}

fn root(forms: &[Form<'_>], form: usize) -> usize {
    let mut root = form;
    while forms[root].of != root {
        root = forms[root].of;
    }
    root
}

/// Makes two forms one; the longer name stays.
fn join(forms: &mut [Form<'_>], a: usize, b: usize) {
    let (a, b) = (root(forms, a), root(forms, b));
    if a == b {
        return;
    }
    let rank = |form: usize| (forms[form].words.len(), std::cmp::Reverse(form));
    if rank(a) >= rank(b) {
        forms[b].of = a;
    } else {
        forms[a].of = b;
    }
}

/// "Name (ACR)": the acronym is the name's, whatever its letters.
fn introduced(names: &[Found<'_>], form_of: &[Option<usize>], forms: &mut [Form<'_>]) {
    for (pair, of) in names.windows(2).zip(form_of.windows(2)) {
        let [Some(name), Some(short)] = *of else { continue };
        let adjacent = pair[0].field == pair[1].field && pair[1].start == pair[0].end + 2;
        if adjacent && forms[short].acronym.is_some() && forms[name].acronym.is_none() && forms[name].words.len() > 1 {
            join(forms, name, short);
        }
    }
}

fn acronyms(forms: &mut [Form<'_>]) {
    for short in 0..forms.len() {
        let Some(letters) = forms[short].acronym.clone() else { continue };
        let spells = |form: &Form<'_>| form.words.len() > 1 && form.initials.contains(&letters);
        if let Some(name) = forms.iter().position(spells) {
            join(forms, name, short);
        }
    }
}

/// The one longer name that a form begins or ends. What stands in capitals alone may be a word of a headline, but only if
/// the longer name does not have it in capitals: `RANGERS` are the Arlund Rangers, the EU is not the EU Commission.
fn parts(forms: &mut [Form<'_>]) {
    let mut order: Vec<usize> = (0..forms.len()).collect();
    order.sort_by_key(|&form| std::cmp::Reverse(forms[form].words.len()));
    for &short in &order {
        let words = forms[short].words.clone();
        let is_spelt = forms[short].of != short;
        if words.is_empty() || (forms[short].acronym.is_some() && is_spelt) {
            continue;
        }
        let shouted = forms[short].acronym.is_some().then_some(forms[short].text);
        let only_head = words.len() == 1 && lexicon().traits(&words[0]).any(Traits::HEAD);
        if only_head || words.iter().all(|word| word.chars().count() < 3) {
            continue;
        }
        let begins = |form: &Form<'_>| {
            let is_begun = |all: &[String]| all.len() > words.len() && all.starts_with(&words);
            is_begun(&form.words) || is_begun(form.without_country())
        };
        let ends =
            |form: &Form<'_>| form.words.len() > words.len() && form.words.ends_with(&words) && !is_side(form, &words);
        let is_written_so = |form: &Form<'_>| shouted.is_none_or(|shouted| !form.text.contains(shouted));
        let claims: Vec<usize> = (0..forms.len())
            .filter(|&form| (begins(&forms[form]) || ends(&forms[form])) && is_written_so(&forms[form]))
            .map(|form| root(forms, form))
            .collect();
        if let Some((&first, rest)) = claims.split_first()
            && rest.iter().all(|&claim| claim == first)
        {
            join(forms, first, short);
        }
    }
}

/// Whether a form is a name with a point of the compass before it: East Stirling is not Stirling.
fn is_side(form: &Form<'_>, name: &[String]) -> bool {
    form.words.len() == name.len() + 1 && lexicon().traits(&form.words[0]).any(Traits::DIRECTION)
}

/// The known organisation that any form of a group names.
fn listed(forms: &[Form<'_>], of: usize) -> Option<Key> {
    (0..forms.len()).filter(|&form| root(forms, form) == of).find_map(|form| {
        let written = &forms[form];
        let text = written.acronym.as_ref().map_or_else(|| written.words.join(" "), |letters| letters.to_uppercase());
        thing(&text)
    })
}

fn thing(text: &str) -> Option<Key> {
    let tokens = tokenise(text);
    let found = gazetteer().longest_folded(&tokens, 0).filter(|found| found.end == tokens.len())?;
    let is_organisation = gazetteer().thing(found.thing)?.kind == EntityType::Organisation;
    is_organisation.then_some(Key::Thing(found.thing))
}
