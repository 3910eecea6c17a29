//! What `trace` tells after the plug was pulled at random is what stands in the folders, the ledger and the stores.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::articles::Input;
use crate::support::desk::Desk;
use crate::support::dice::Dice;
use crate::support::oracle::{Arrived, Outcome, states_in};
use crate::support::torture::kill_often;

/// Articles that are asked for.
const SAMPLE: usize = 100;

/// How often the desk dies before.
const KILLS: usize = 10;

/// Most records of one file that `trace PATH` tells of.
const MOST_RECORDS: u64 = 100;

/// Everything the desk left, as far as a trace speaks of it.
struct Left {
    outcome: Outcome,
    /// States that the sinks with a filter have, by sink, id and sequence.
    filtered: BTreeMap<&'static str, BTreeSet<(String, u64)>>,
}

impl Left {
    /// What a sink has of an article, as its trace should say.
    fn stands(&self, sink: &str, id: &str, sequence: u64) -> &'static str {
        let state = (id.to_owned(), sequence);
        match (self.filtered.get(sink), sink) {
            (Some(states), _) if states.contains(&state) => "delivered",
            (Some(_), _) => "skipped",
            // Its one state an article is this or a later one.
            (None, "store") if self.outcome.rows[id]["sequence"].as_u64() >= Some(sequence) => "delivered",
            (None, "lines") if self.outcome.states.contains_key(&state) => "delivered",
            _ => "nowhere",
        }
    }

    /// Asserts that a life is the arrival's.
    fn assert_is(&self, life: &Value) {
        let sequence = life["sequence"].as_u64().expect("a sequence");
        let arrived = &self.outcome.arrivals[&sequence];
        let verdict = serde_json::to_value(&arrived.verdict).expect("a verdict");
        assert_eq!(life["verdict"], verdict, "{life}");
        assert_eq!(life["file"]["path"], Value::from(arrived.path.to_str()), "{life}");
        assert_eq!((&life["record"], &life["rows"]), (&arrived.record.into(), &arrived.rows.into()), "{life}");
        assert_eq!(life["id"].as_str(), arrived.id.as_deref(), "{life}");
        self.assert_file(life, arrived);
        self.assert_rival(sequence, arrived);
        self.assert_sinks(life, sequence, arrived);
        if let Some(id) = &arrived.id {
            self.assert_version(life, id);
        }
    }

    /// Finished, and in `done` or, where nothing in it was good, in quarantine.
    fn assert_file(&self, life: &Value, arrived: &Arrived) {
        assert_eq!(life["file"]["state"], "finished", "{life}");
        let quarantined = life["verdict"]["kind"] == "quarantined";
        assert!(quarantined || self.outcome.done.contains_key(&arrived.path), "{life}");
        let kept = (arrived.path.to_str().expect("a path").to_owned(), arrived.record);
        match self.outcome.quarantine.get(&kept) {
            Some(kept) => assert_eq!(kept.slip["reason"], life["verdict"]["reason"], "{life}"),
            None => assert!(!quarantined, "{life}"),
        }
    }

    /// A rival came before, and was delivered.
    fn assert_rival(&self, sequence: u64, arrived: &Arrived) {
        let verdict = serde_json::to_value(&arrived.verdict).expect("a verdict");
        let Some(of) = verdict["of"].as_str() else { return };
        let mut before = self.outcome.arrivals.range(..sequence).map(|(_, before)| before.id.as_deref());
        assert!(before.any(|id| id == Some(of)), "{of} did not come before {sequence}");
        assert!(self.outcome.lines.contains_key(of), "{of} was not delivered");
    }

    /// Every sink's receipt is what the sink has.
    fn assert_sinks(&self, life: &Value, sequence: u64, arrived: &Arrived) {
        let receipts = life["sinks"].as_object().expect("sinks");
        let Some(id) = arrived.id.as_ref().filter(|_| arrived.rows > 0) else {
            assert!(receipts.is_empty() && life["delivered"].is_null(), "{life}");
            let delivered = self.outcome.states.keys().any(|(_, at)| *at == sequence);
            assert!(!delivered, "withheld, and delivered all the same: {life}");
            return;
        };
        assert_eq!(receipts.keys().collect::<Vec<_>>(), ["lines", "originals", "revisions", "store"], "{life}");
        for (sink, receipt) in receipts {
            assert_eq!(receipt["state"], self.stands(sink, id, sequence), "{sink}: {life}");
        }
        if !life["delivered"].is_null() {
            let mut record = life["delivered"].clone();
            record["source"].as_object_mut().expect("a source").remove("received_at");
            // This delivery, or a later one of the same article: of a version that is no longer the newest.
            let at = record["sequence"].as_u64().expect("a sequence");
            assert!(at >= sequence, "{at}, before {sequence}");
            for (field, has) in self.outcome.states[&(id.clone(), at)].as_object().expect("a record") {
                assert_eq!(record[field], *has, "{field} of {id} at {sequence}");
            }
        }
    }

    /// Its place among the versions is what the newest state in the store says.
    fn assert_version(&self, life: &Value, id: &str) {
        let Some(newest) = self.outcome.rows.get(id) else { return };
        let told = life["version"].as_object().unwrap_or_else(|| panic!("no version: {life}"));
        for field in ["document", "version", "is_current"] {
            assert_eq!(told[field], newest[field], "{field}: {life}");
        }
    }

    /// The arrival that an id stands for: its newest that was delivered.
    fn newest_of(&self, id: &str) -> u64 {
        let of_id = self.outcome.arrivals.iter().filter(|(_, arrived)| arrived.id.as_deref() == Some(id));
        let newest = of_id.filter(|(_, arrived)| arrived.rows > 0).map(|(sequence, _)| *sequence).max();
        newest.unwrap_or_else(|| panic!("{id} was delivered"))
    }
}

fn lives(desk: &Desk, named: &str) -> Vec<Value> {
    let output = desk.command("trace").args([named, "--json"]).output().expect("run the command");
    assert!(output.status.success(), "{named}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_hundred_articles_are_traced_to_where_they_stand_after_random_kills() {
    let mut desk = Desk::new().with("pipeline", "commit_articles", "6").with("pipeline", "max_in_flight", "32");
    for (sink, verdict) in [("originals", "original"), ("revisions", "revision")] {
        let section = format!("sinks.{sink}");
        desk.set(&section, "type", "\"jsonl\"");
        desk.set(&section, "path", &format!("\"{sink}/articles.jsonl\""));
        desk.set(&section, "filter", &format!("{{ verdicts = [\"{verdict}\"] }}"));
    }
    let input = Input::with_versions(0x7ACE, KILLS * 120);
    input.lay_out(&desk.inbox());
    let hits = kill_often(&desk, KILLS, 3, &[]);
    assert!(hits * 2 > KILLS, "too few kills came while there was work: {hits}");
    let outcome = Outcome::of(&desk);
    outcome.assert_counts(&input);
    let filtered = ["originals", "revisions"].map(|sink| (sink, states_in(&desk.path(sink)).into_keys().collect()));
    let left = Left { outcome, filtered: filtered.into() };

    let mut daemon = desk.start();
    daemon.wait_until_ready();
    // What a daemon says of all its life is what the folders and stores add up to.
    let status: Value = serde_json::from_str(&daemon.get("/api/status").1).expect("JSON");
    assert_eq!(status["committed"], left.outcome.arrivals.len());
    let mut counted = BTreeMap::<String, u64>::new();
    let (mut dice, mut kinds, mut records) = (Dice::new(0x7ACE), BTreeSet::new(), 0);
    for arrived in left.outcome.arrivals.values() {
        let verdict = serde_json::to_value(&arrived.verdict).expect("a verdict");
        *counted.entry(verdict["kind"].as_str().expect("a kind").to_owned()).or_default() += 1;
    }
    for (kind, count) in status["verdicts"].as_object().expect("verdicts") {
        assert_eq!(count.as_u64(), counted.get(kind).copied().or(Some(0)), "{kind}");
    }
    let mut sample = BTreeSet::new();
    while sample.len() < SAMPLE {
        sample.insert(1 + dice.below(left.outcome.arrivals.len()) as u64);
    }
    for sequence in sample {
        let arrived = &left.outcome.arrivals[&sequence];
        let of_path = lives(&desk, arrived.path.to_str().expect("a path"));
        let at = of_path.iter().position(|life| life["sequence"] == sequence);
        assert!(at.is_some() || arrived.record >= MOST_RECORDS, "{} has no {sequence}", arrived.path.display());
        of_path.iter().for_each(|life| left.assert_is(life));
        kinds.extend(of_path.iter().map(|life| life["verdict"]["kind"].as_str().expect("a kind").to_owned()));
        records += of_path.iter().filter(|life| !life["delivered"].is_null()).count();
        let Some(id) = &arrived.id else { continue };
        let Some(newest) = left.outcome.rows.get(id) else {
            assert_eq!(arrived.rows, 0, "{id} is in no store");
            continue;
        };
        let of_id = lives(&desk, id);
        assert_eq!(of_id.len(), 1, "{id}");
        assert_eq!(of_id[0]["sequence"], left.newest_of(id), "{id}");
        left.assert_is(&of_id[0]);
        let Some(url) = newest["url"]["supplied"].as_str() else { continue };
        let of_url = lives(&desk, url);
        of_url.iter().for_each(|life| left.assert_is(life));
        // The newest version at the address is among them.
        let current = left.outcome.rows.values().find(|row| row["url"]["supplied"] == url && row["is_current"] == true);
        let current = current.unwrap_or_else(|| panic!("{url} has a newest version"));
        assert!(of_url.iter().any(|life| life["id"] == current["id"]), "{url}: {of_url:?}");
    }
    daemon.stop();
    assert_eq!(kinds.len(), 5, "every kind of verdict is in the sample: {kinds:?}");
    assert!(records > SAMPLE, "the records are held and were compared: {records}");
}
