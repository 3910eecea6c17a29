//! The JSON Schema of the configuration for editors, `config/copydesk.schema.json`, held true by the tests here.
//!
//! It is made from two sources that can't lie. Which keys a section has, which must be there, which words and numbers a
//! key takes: the loader says so when it is given a mistake. What a key means and what it is without being given stands
//! in `config/reference.toml` and `config/sinks/`. A key that only one of the two knows fails the test. Types of sinks
//! that a build lacks stay as they are committed.
//!
//! Draft 7, which is what editors read (Taplo, Even Better TOML).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use copydesk_sinks::{KINDS, RECORD_FIELDS, is_built};
use serde_json::{Map, Value, json};

use super::sinks::COMMON;
use super::{Config, SECTIONS, SOURCE_RULES};

/// A key that takes a word as well as a list of them.
const WORD_OR_LIST: (&str, &str) = ("entities", "model");

/// Key that every other inbox has besides those of `[intake]`, and its words.
const PRIORITY: (&str, [&str; 2]) = ("priority", ["live", "backfill"]);

/// Section of the keys that every sink has.
const EVERY_SINK: &str = "every sink";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read_json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// What a reference writes about a key.
#[derive(Clone, Debug)]
struct Written {
    value: Value,
    /// Whether the value is what holds where the key is not given, or just an example.
    is_default: bool,
    meaning: String,
}

/// Keys by section.
type Reference = BTreeMap<String, BTreeMap<String, Written>>;

/// Reads the keys of a reference with their comments; keys that stand in comments, too.
fn read_reference(text: &str) -> Reference {
    let (mut reference, mut section) = (Reference::new(), String::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let (body, in_comment, of_every_sink) = match (line.strip_prefix("#   "), line.strip_prefix("# ")) {
            (Some(body), _) => (body, true, true),
            (None, Some(body)) => (body, true, false),
            (None, None) => (line, false, false),
        };
        if let Some((name, _)) = body.strip_prefix('[').and_then(|body| body.split_once(']')) {
            section = name.to_owned();
            continue;
        }
        let Some((key, rest)) = body.split_once(" = ") else { continue };
        if !key.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
            continue;
        }
        let (mut value, mut meaning) = parts(rest);
        while depth(&value) > 0 {
            let (more, comment) = parts(lines.next().expect("the end of a list").trim_start_matches(['#', ' ']));
            value = format!("{value} {more}");
            meaning = format!("{meaning} {comment}");
        }
        // A comment goes on far to the right.
        while let Some(next) = lines.peek().filter(|next| next.trim_start().starts_with('#')) {
            let words = next.trim_start_matches(['#', ' ']);
            if next.len() - words.len() < 20 {
                break;
            }
            meaning = format!("{meaning} {words}");
            lines.next();
        }
        let document = format!("value = {value}");
        let document = toml_edit::Document::parse(document.as_str()).unwrap_or_else(|error| panic!("{line}: {error}"));
        let value = to_json(document.get("value").and_then(toml_edit::Item::as_value).expect("a value"));
        let meaning = meaning.trim();
        let marked = meaning.strip_prefix("required").filter(|rest| rest.is_empty() || rest.starts_with(';'));
        let left_out = meaning.contains("not set:") || value.is_object();
        let is_default = if in_comment { of_every_sink && !left_out } else { marked.is_none() };
        let meaning = marked.unwrap_or(meaning).trim_start_matches([';', ' ']).to_owned();
        let section = if of_every_sink { EVERY_SINK } else { &section };
        let written = Written { value, is_default, meaning };
        reference.entry(section.to_owned()).or_default().insert(key.to_owned(), written);
    }
    reference
}

/// A line's value and its comment.
fn parts(line: &str) -> (String, String) {
    let mut quoted = false;
    let comment = line.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '#' && !quoted
    });
    let (value, comment) = line.split_at(comment.map_or(line.len(), |(at, _)| at));
    (value.trim().to_owned(), comment.trim_start_matches(['#', ' ']).trim().to_owned())
}

/// Brackets that are open at the end of a value.
fn depth(value: &str) -> i32 {
    let mut quoted = false;
    let outside = value.chars().filter(|c| {
        quoted ^= *c == '"';
        !quoted
    });
    outside
        .map(|c| match c {
            '[' | '{' => 1,
            ']' | '}' => -1,
            _ => 0,
        })
        .sum()
}

fn to_json(value: &toml_edit::Value) -> Value {
    match value {
        toml_edit::Value::String(text) => text.value().as_str().into(),
        toml_edit::Value::Integer(number) => (*number.value()).into(),
        toml_edit::Value::Float(number) => (*number.value()).into(),
        toml_edit::Value::Boolean(yes) => (*yes.value()).into(),
        toml_edit::Value::Datetime(moment) => moment.value().to_string().into(),
        toml_edit::Value::Array(list) => list.iter().map(to_json).collect(),
        toml_edit::Value::InlineTable(table) => {
            table.iter().map(|(key, value)| (key.to_owned(), to_json(value))).collect::<Map<_, _>>().into()
        }
    }
}

/// What the loader says is wrong with a text.
fn mistake(text: &str) -> Option<String> {
    Config::parse(Path::new("/desk/copydesk.toml"), text).err().map(|error| error.message)
}

/// The names that a message lists as those it expected.
fn expected(message: &str) -> Vec<String> {
    let names = message.split_once("expected").map_or("", |(_, names)| names);
    names.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// A place in the configuration that the loader can be asked about.
struct Place {
    /// Text up to and with the section's header and what must stand in it.
    before: String,
    /// Text after it.
    after: &'static str,
}

impl Place {
    fn section(header: &str) -> Self {
        Self { before: format!("[{header}]\n"), after: "[sinks.z]\ntype = \"stdout\"\n" }
    }

    fn said_to(&self, line: &str) -> Option<String> {
        mistake(&format!("{}{line}\n{}", self.before, self.after))
    }

    /// The names of the keys here.
    fn keys(&self) -> Vec<String> {
        let said = self.said_to("x_x = 1").expect("there is no such key");
        assert!(said.contains("unknown field `x_x`"), "{said}");
        expected(&said)
    }

    /// The schema of a key that takes values like this one.
    fn takes(&self, key: &str, value: &Value) -> Value {
        match value {
            Value::Bool(_) => json!({ "type": "boolean" }),
            Value::Number(_) => self.takes_number(key),
            Value::String(_) => self.takes_word(|word| format!("{key} = {word}")),
            Value::Array(_) => {
                json!({ "type": "array", "items": self.takes_word(|word| format!("{key} = [{word}]")) })
            }
            Value::Object(_) => self.takes_table(key),
            Value::Null => panic!("TOML has no null"),
        }
    }

    fn takes_number(&self, key: &str) -> Value {
        let fraction = self.said_to(&format!("{key} = 1.5")).is_some_and(|said| said.contains("invalid type"));
        let mut schema = json!({ "type": if fraction { "integer" } else { "number" } });
        if self.said_to(&format!("{key} = -1")).is_some() {
            schema["minimum"] = 0.into();
        }
        for far in [i64::MAX, 0] {
            let Some(said) = self.said_to(&format!("{key} = {far}")) else { continue };
            let range = said.split_once(" from ").and_then(|(_, range)| range.split_once(" to "));
            if let Some((Ok(least), Ok(most))) = range.map(|(a, b)| (a.parse::<u64>(), b.parse::<u64>())) {
                (schema["minimum"], schema["maximum"]) = (least.into(), most.into());
            }
        }
        schema
    }

    fn takes_word(&self, line: impl Fn(&str) -> String) -> Value {
        let mut schema = json!({ "type": "string" });
        let said = self.said_to(&line("\"x_x\"")).unwrap_or_default();
        if said.contains("unknown variant `x_x`") {
            schema["enum"] = expected(&said).into();
        } else if said.contains("env:NAME") {
            schema["pattern"] = "^(file|env):".into();
        }
        schema
    }

    fn takes_table(&self, key: &str) -> Value {
        let Some(said) = self.said_to(&format!("{key} = {{ x_x = 1 }}")) else { panic!("{key} takes anything") };
        if !said.contains("unknown field") {
            return json!({ "type": "object", "additionalProperties": { "type": "string" } });
        }
        let lists = expected(&said).into_iter().map(|name| {
            let items = self.takes_word(|word| format!("{key} = {{ {name} = [{word}] }}"));
            (name, json!({ "type": "array", "items": items }))
        });
        json!({ "type": "object", "additionalProperties": false, "properties": lists.collect::<Map<_, _>>() })
    }

    /// The schema of a section with these keys, each of which the reference must know, and no other.
    fn schema(&self, section: &str, keys: Vec<String>, written: &BTreeMap<String, Written>) -> Value {
        let known: BTreeSet<_> = keys.iter().collect();
        let unknown: Vec<_> = written.keys().filter(|key| !known.contains(key)).collect();
        assert!(unknown.is_empty(), "[{section}] is said to have {unknown:?}, but has not");
        let properties = keys.into_iter().map(|key| {
            let written = written.get(&key).unwrap_or_else(|| panic!("[{section}] has `{key}`, which nobody explains"));
            let mut schema = self.takes(&key, &written.value);
            if (section, key.as_str()) == WORD_OR_LIST {
                schema = json!({ "anyOf": [schema, { "type": "array", "items": { "type": "string" } }] });
            }
            if !written.meaning.is_empty() {
                schema["description"] = written.meaning.clone().into();
            }
            if written.is_default {
                schema["default"] = written.value.clone();
            } else {
                schema["examples"] = json!([written.value]);
            }
            (key, schema)
        });
        json!({ "type": "object", "additionalProperties": false, "properties": properties.collect::<Map<_, _>>() })
    }
}

/// The schema of a type of sink.
fn sink_schema(kind: &str, every_sink: &BTreeMap<String, Written>, written: &BTreeMap<String, Written>) -> Value {
    let mut place = Place { before: format!("[sinks.z]\ntype = \"{kind}\"\n"), after: "" };
    let own = place.keys();
    let mut required = vec!["type".to_owned()];
    while let Some(said) = mistake(&place.before).filter(|said| said.contains("missing field")) {
        let key = said.split('`').nth(1).expect("a name").to_owned();
        place.before.push_str(&format!("{key} = {}\n", written[&key].value));
        required.push(key);
    }
    let mut all = every_sink.clone();
    for (key, written) in written {
        // A type's own example may give a key of every sink another value.
        let is_default = written.is_default && !required.contains(key);
        all.entry(key.clone()).or_insert(Written { is_default, ..written.clone() });
    }
    let given = place.before.clone();
    let keys: Vec<String> = own.iter().cloned().chain(COMMON.map(str::to_owned)).collect();
    let mut schema = json!({ "type": "object", "additionalProperties": false, "properties": {} });
    for key in keys {
        let without = given.split_inclusive('\n').filter(|line| !line.starts_with(&format!("{key} = ")));
        // What must be there would stand twice.
        place.before = without.collect();
        if key == "type" {
            schema["properties"][&key] = json!({ "enum": [kind] });
            continue;
        }
        if key == "fields" && place.said_to("fields = [\"id\"]").is_some() {
            continue;
        }
        let one = all.get(&key).map(|written| (key.clone(), written.clone()));
        let of_key = place.schema(kind, vec![key.clone()], &one.into_iter().collect());
        schema["properties"][&key] = of_key["properties"][&key].clone();
    }
    if let Some(fields) = schema["properties"].get_mut("fields") {
        fields["items"]["enum"] = RECORD_FIELDS.to_vec().into();
    }
    schema["required"] = required.into();
    schema
}

/// The whole schema; types of sinks that this build lacks as they are in `committed`.
fn schema(committed: &Value) -> Value {
    let reference = read_reference(&read(&folder().join("reference.toml")));
    let every_sink = &reference[EVERY_SINK];
    let named = |prefix: &str| {
        let of_name = reference.iter().find(|(section, _)| section.starts_with(prefix));
        of_name.map(|(_, written)| written.clone()).unwrap_or_default()
    };
    let mut properties = Map::new();
    for section in SECTIONS {
        let schema = match section {
            "inboxes" => {
                let place = Place { before: "[inboxes.z]\nfolder = \"z\"\n".to_owned(), ..Place::section("") };
                let keys: Vec<String> = place.keys().into_iter().filter(|key| key != "folder").collect();
                let mut written = reference["intake"].clone();
                let mut own = named("inboxes.");
                let priority = own.remove(PRIORITY.0).expect("`priority` is explained");
                let folder = own.remove("folder").expect("`folder` is explained");
                assert!(own.is_empty(), "{own:?}");
                written.remove("folder");
                let mut schema = place.schema("inboxes", keys, &written);
                for (key, of_key) in schema["properties"].as_object_mut().expect("properties") {
                    // What one does not say, [intake] says for it.
                    of_key.as_object_mut().expect("a schema").remove("default");
                    assert!(!key.is_empty());
                }
                let said = format!("{} (default \"live\")", priority.meaning);
                schema["properties"][PRIORITY.0] = json!({ "type": "string", "enum": PRIORITY.1, "description": said });
                schema["properties"]["folder"] = json!({ "type": "string", "examples": [folder.value] });
                schema["required"] = json!(["folder"]);
                json!({ "type": "object", "additionalProperties": schema })
            }
            "sources" => {
                let place = Place::section("sources.z");
                let keys = place.keys().into_iter().chain(SOURCE_RULES.map(str::to_owned)).collect();
                json!({ "type": "object", "additionalProperties": place.schema("sources", keys, &named("sources.")) })
            }
            "sinks" => {
                let kinds = KINDS.map(|kind| json!({ "$ref": format!("#/definitions/{kind}") }));
                json!({ "type": "object", "minProperties": 1, "additionalProperties": { "oneOf": kinds } })
            }
            section => {
                let place = Place::section(section);
                place.schema(section, place.keys(), &reference[section])
            }
        };
        properties.insert(section.to_owned(), schema);
    }
    let of_kind = |kind: &str| {
        let is_its = |keys: &&BTreeMap<String, Written>| keys.get("type").is_some_and(|written| written.value == kind);
        let own = read_reference(&fs::read_to_string(folder().join(format!("sinks/{kind}.toml"))).unwrap_or_default());
        let written = reference.values().find(is_its).or_else(|| own.values().find(is_its)).cloned();
        written.unwrap_or_else(|| panic!("no reference has a sink of type {kind}"))
    };
    let definitions = KINDS.map(|kind| match is_built(kind) {
        true => (kind.to_owned(), sink_schema(kind, every_sink, &of_kind(kind))),
        false => (kind.to_owned(), committed["definitions"][kind].clone()),
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "The configuration of copydesk",
        "type": "object",
        "additionalProperties": false,
        "required": ["sinks"],
        "properties": properties,
        "definitions": definitions.into_iter().collect::<Map<_, _>>(),
    })
}

/// What a schema says is wrong with a value; only what our own schema uses, and nothing of that is passed over.
fn wrong(schema: &Value, whole: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (rule, says) in schema.as_object().expect("a schema is an object") {
        let each =
            || says.as_array().expect("a list").iter().filter(|one| wrong(one, whole, value, at).is_ok()).count();
        let number = |limit: &Value| value.as_f64().zip(limit.as_f64());
        let holds = match rule.as_str() {
            "$schema" | "title" | "description" | "default" | "examples" | "definitions" => true,
            "$ref" => {
                let target = says.as_str().and_then(|target| whole.pointer(target.strip_prefix('#')?));
                wrong(target.expect("a place in the schema"), whole, value, at)?;
                true
            }
            "type" => match says.as_str().expect("a type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64(),
                "number" => value.is_number(),
                other => panic!("type {other}"),
            },
            "enum" => says.as_array().expect("a list").contains(value),
            "pattern" => {
                assert_eq!(says, "^(file|env):");
                value.as_str().is_some_and(|text| text.starts_with("file:") || text.starts_with("env:"))
            }
            "minimum" => number(says).is_none_or(|(value, least)| value >= least),
            "maximum" => number(says).is_none_or(|(value, most)| value <= most),
            "minProperties" => {
                value.as_object().is_none_or(|object| object.len() as u64 >= says.as_u64().expect("one"))
            }
            "oneOf" => each() == 1,
            "anyOf" => each() > 0,
            "items" => {
                for (position, item) in value.as_array().into_iter().flatten().enumerate() {
                    wrong(says, whole, item, &format!("{at}[{position}]"))?;
                }
                true
            }
            "required" => {
                says.as_array().expect("a list").iter().all(|key| value.get(key.as_str().expect("a key")).is_some())
            }
            "properties" => {
                for (key, of_key) in says.as_object().expect("properties") {
                    value.get(key).map_or(Ok(()), |value| wrong(of_key, whole, value, &format!("{at}.{key}")))?;
                }
                true
            }
            "additionalProperties" => {
                let known = |key: &str| schema.get("properties").is_some_and(|known| known.get(key).is_some());
                for (key, value) in value.as_object().into_iter().flatten().filter(|(key, _)| !known(key)) {
                    match says {
                        Value::Bool(false) => return Err(format!("{at}: unknown key {key}")),
                        says => wrong(says, whole, value, &format!("{at}.{key}"))?,
                    }
                }
                true
            }
            other => panic!("what is {other}?"),
        };
        if !holds {
            return Err(format!("{at}: {value} against {rule} {says}"));
        }
    }
    Ok(())
}

fn from_toml(text: &str) -> Value {
    let document = toml_edit::Document::parse(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    to_json(&toml_edit::Value::from(document.as_table().clone().into_inline_table()))
}

fn committed() -> Value {
    read_json(&read(&folder().join("copydesk.schema.json")))
}

fn is_valid(text: &str) -> Result<(), String> {
    let schema = committed();
    wrong(&schema, &schema, &from_toml(text), "")
}

/// `COPYDESK_WRITE_SCHEMA=1 cargo test -p copydesk --features all-sinks schema` writes it anew after a change.
#[test]
fn the_committed_schema_is_the_loaders_and_the_references() {
    let path = folder().join("copydesk.schema.json");
    let schema = format!("{}\n", serde_json::to_string_pretty(&schema(&committed())).expect("JSON"));
    if std::env::var_os("COPYDESK_WRITE_SCHEMA").is_some() {
        fs::write(&path, &schema).expect("write the schema");
    }
    assert_eq!(read(&path), schema, "the configuration changed: write its schema anew");
}

#[test]
fn every_example_is_valid() {
    let deploy = folder().join("../deploy");
    let mut count = 0;
    for folder in [folder(), folder().join("sinks"), deploy.join("config"), deploy.join("container")] {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                is_valid(&read(&path)).unwrap_or_else(|said| panic!("{}: {said}", path.display()));
                count += 1;
            }
        }
    }
    assert!(count >= 4 + KINDS.len() - 3, "examples are missing: {count}");
}

#[test]
fn mistakes_are_seen() {
    let good = "[sinks.a]\ntype = \"jsonl\"\npath = \"a\"\n";
    for more in ["", "[entities]\nmodel = [\"news\"]\n", "[inboxes.b]\nfolder = \"b\"\npriority = \"backfill\"\n"] {
        is_valid(&format!("{good}{more}")).expect(more);
    }
    for bad in [
        "",
        "[intak]\n",
        "[pipeline]\nworkerz = 2\n",
        "[pipeline]\nworkers = \"two\"\n",
        "[pipeline]\nworkers = 1.5\n",
        "[pipeline]\nmax_in_flight = 4096\n",
        "[policy]\nrevision = \"drop\"\n",
        "[inboxes.b]\npriority = \"live\"\n",
        "[sources.b]\ntrust = [\"titel\"]\n",
        "[admin]\ntoken = \"hunter2\"\n",
        "[sinks.b]\ntype = \"pigeon\"\n",
        "[sinks.b]\ntype = \"sqlite\"\n",
        "[sinks.b]\ntype = \"stdout\"\npath = \"b\"\n",
        "[sinks.b]\ntype = \"stdout\"\nfields = [\"titel\"]\n",
        "[sinks.b]\ntype = \"sqlite\"\npath = \"b\"\nfields = [\"title\"]\n",
        "[sinks.b]\ntype = \"stdout\"\nfilter = { verdicts = [\"orignal\"] }\n",
    ] {
        let text = if bad.is_empty() { String::new() } else { format!("{good}{bad}") };
        assert!(is_valid(&text).is_err(), "{bad}");
        assert!(mistake(&text).is_some(), "the loader takes it: {bad}");
    }
}
