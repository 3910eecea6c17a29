//! Full names that sound alike, and what stories say about whether they are one person.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::redirects::Redirect;
use super::sighting::Seen;

/// Ids kept of a family, those that came first.
const MOST_IDS: usize = 8;
/// Newest stories remembered, so that a copy does not count again.
const MOST_STORIES: usize = 12;
/// Companions kept of an id, those seen oftenest.
const MOST_COMPANIONS: usize = 16;
/// Stories that have both spellings for one person, from which on they are one.
const JOINED: u32 = 2;
/// So many times must such stories outnumber those that have two persons.
const AGAINST: u32 = 3;
/// Stories of each spelling before their company is compared.
const KNOWN: u32 = 3;
/// Persons that both must have been seen with.
const SHARED: usize = 3;
/// Part of the company of the spelling with less of it that the other must share.
const SHARED_PART: f64 = 0.5;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Family {
    #[serde(rename = "m")]
    members: Vec<Member>,
    /// Newest stories, the newest last.
    #[serde(rename = "t")]
    stories: Vec<u64>,
    /// Of two members by number, the lower first: stories that have them as one, and as two.
    #[serde(rename = "p")]
    pairs: Vec<(u8, u8, u32, u32)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Member {
    #[serde(rename = "i")]
    id: String,
    #[serde(rename = "n")]
    stories: u32,
    /// Companions and in how many stories, the most frequent first.
    #[serde(rename = "c")]
    companions: Vec<(u32, u32)>,
    /// The member it redirects to.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    to: Option<u8>,
}

impl Family {
    /// Adds what a story says: all its persons of this family.
    pub(super) fn observe(&mut self, story: u64, persons: &[&Seen]) {
        if self.stories.contains(&story) {
            return;
        }
        if self.stories.len() == MOST_STORIES {
            self.stories.remove(0);
        }
        self.stories.push(story);
        let mut met: Vec<Vec<u8>> = Vec::new();
        for seen in persons {
            let numbers: Vec<u8> = seen.ids.iter().filter_map(|id| self.number(id)).collect();
            for &number in &numbers {
                self.members[usize::from(number)].meet(&seen.companions);
            }
            met.push(numbers);
        }
        for (at, ours) in met.iter().enumerate() {
            for (n, &a) in ours.iter().enumerate() {
                ours[n + 1..].iter().for_each(|&b| self.pair(a, b).2 += 1);
                met[at + 1..].iter().flatten().for_each(|&b| self.pair(a, b).3 += 1);
            }
        }
    }

    /// The number of an id, a new one if there is room.
    fn number(&mut self, id: &str) -> Option<u8> {
        let known = self.members.iter().position(|member| member.id == id);
        let number = known.or_else(|| {
            (self.members.len() < MOST_IDS).then(|| {
                self.members.push(Member { id: id.to_owned(), stories: 0, companions: Vec::new(), to: None });
                self.members.len() - 1
            })
        });
        number.map(|number| number as u8)
    }

    fn pair(&mut self, a: u8, b: u8) -> &mut (u8, u8, u32, u32) {
        let (low, high) = (a.min(b), a.max(b));
        let at = self.pairs.iter().position(|pair| (pair.0, pair.1) == (low, high)).unwrap_or_else(|| {
            self.pairs.push((low, high, 0, 0));
            self.pairs.len() - 1
        });
        &mut self.pairs[at]
    }

    /// Decides anew who is whom; gives back the redirects that are new and those that are withdrawn.
    pub(super) fn settle(&mut self) -> (Vec<Redirect>, Vec<Redirect>) {
        let before: BTreeSet<(String, String)> = self.pairs_of_ids();
        // The best known first: others redirect to it, and once that is so it stays so.
        let mut order: Vec<usize> = (0..self.members.len()).collect();
        order.sort_by_key(|&at| {
            let is_target = self.members.iter().any(|member| member.to == Some(at as u8));
            (!is_target, std::cmp::Reverse(self.members[at].stories), self.members[at].id.clone())
        });
        let mut heads: Vec<usize> = Vec::new();
        for at in order {
            let head = heads.iter().copied().find(|&head| self.are_one(head, at));
            self.members[at].to = head.map(|head| head as u8);
            if head.is_none() {
                heads.push(at);
            }
        }
        let after = self.pairs_of_ids();
        let redirects = |pairs: Vec<&(String, String)>| {
            pairs.into_iter().map(|(from, to)| Redirect { from: from.clone(), to: to.clone() }).collect()
        };
        (redirects(after.difference(&before).collect()), redirects(before.difference(&after).collect()))
    }

    fn pairs_of_ids(&self) -> BTreeSet<(String, String)> {
        self.redirects().map(|redirect| (redirect.from, redirect.to)).collect()
    }

    /// The redirects as they were last decided.
    pub(super) fn redirects(&self) -> impl Iterator<Item = Redirect> + '_ {
        self.members.iter().filter_map(|member| {
            let to = self.members.get(usize::from(member.to?))?;
            Some(Redirect { from: member.id.clone(), to: to.id.clone() })
        })
    }

    fn are_one(&self, a: usize, b: usize) -> bool {
        let (low, high) = (a.min(b) as u8, a.max(b) as u8);
        let pair = self.pairs.iter().find(|pair| (pair.0, pair.1) == (low, high));
        let (joined, apart) = pair.map_or((0, 0), |pair| (pair.2, pair.3));
        if joined >= JOINED && joined >= AGAINST * apart {
            return true;
        }
        let (a, b) = (&self.members[a], &self.members[b]);
        apart == 0 && a.stories >= KNOWN && b.stories >= KNOWN && a.shares_company(b)
    }
}

impl Member {
    fn meet(&mut self, companions: &[u32]) {
        self.stories += 1;
        for &companion in companions {
            match self.companions.iter_mut().find(|(known, _)| *known == companion) {
                Some((_, count)) => *count += 1,
                None => self.companions.push((companion, 1)),
            }
        }
        self.companions.sort_by_key(|&(companion, count)| (std::cmp::Reverse(count), companion));
        self.companions.truncate(MOST_COMPANIONS);
    }

    fn shares_company(&self, other: &Self) -> bool {
        let theirs: BTreeSet<u32> = other.companions.iter().map(|(companion, _)| *companion).collect();
        let shared = self.companions.iter().filter(|(companion, _)| theirs.contains(companion)).count();
        let fewer = self.companions.len().min(theirs.len());
        shared >= SHARED && shared as f64 >= SHARED_PART * fewer as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ids: &[&str], companions: &[u32]) -> Seen {
        Seen { family: 1, ids: ids.iter().map(|id| (*id).to_owned()).collect(), companions: companions.to_vec() }
    }

    fn family(stories: &[&[Seen]]) -> Family {
        let mut family = Family::default();
        for (story, persons) in (1..).zip(stories) {
            family.observe(story, &persons.iter().collect::<Vec<_>>());
        }
        family
    }

    fn redirects(family: &mut Family) -> Vec<(String, String)> {
        family.settle();
        family.redirects().map(|redirect| (redirect.from, redirect.to)).collect()
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn likeness_alone_makes_nobody_one() {
        let mut apart = family(&[&[seen(&["a"], &[1, 2, 3])], &[seen(&["b"], &[4, 5, 6])], &[seen(&["b"], &[4, 9])]]);
        assert_eq!(redirects(&mut apart), []);
    }

    #[test]
    fn two_stories_that_have_both_spellings_make_them_one() {
        let both = [seen(&["b", "a"], &[])];
        assert_eq!(redirects(&mut family(&[&both])), []);
        let mut twice = family(&[&both, &both, &[seen(&["a"], &[])]]);
        assert_eq!(redirects(&mut twice), [pair("b", "a")], "the better known one is the head");
        let mut copies = Family::default();
        copies.observe(7, &[&both[0]]);
        copies.observe(7, &[&both[0]]);
        assert_eq!(redirects(&mut copies), [], "a copy is no second story");
    }

    #[test]
    fn the_same_company_makes_them_one_unless_a_story_has_both() {
        let (a, b) = ([seen(&["a"], &[1, 2, 3, 4])], [seen(&["b"], &[2, 3, 4])]);
        let stories: [&[Seen]; 6] = [&a, &b, &a, &b, &a, &b];
        assert_eq!(redirects(&mut family(&stories)), [pair("b", "a")]);
        let two = [seen(&["a"], &[2, 3]), seen(&["b"], &[2, 3])];
        let mut contradicted = family(&[&a, &b, &a, &b, &a, &b, &two]);
        assert_eq!(redirects(&mut contradicted), []);
    }

    #[test]
    fn a_redirect_keeps_its_direction_and_is_withdrawn_when_stories_contradict_it() {
        let both = [seen(&["a", "b"], &[])];
        let mut one = family(&[&both, &both]);
        let (made, withdrawn) = one.settle();
        assert_eq!((made.len(), withdrawn.len()), (1, 0));
        for story in 10..15 {
            one.observe(story, &[&seen(&["b"], &[])]);
        }
        assert_eq!(redirects(&mut one), [pair("b", "a")]);
        for story in 20..22 {
            one.observe(story, &[&seen(&["a"], &[]), &seen(&["b"], &[])]);
        }
        let (made, withdrawn) = one.settle();
        assert_eq!((made.len(), withdrawn.len()), (0, 1));
    }
}
