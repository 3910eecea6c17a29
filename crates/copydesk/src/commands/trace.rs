//! `copydesk trace ID|URL|PATH`: the whole life of an article.
//!
//! Asks the daemon; where none runs, looks the ledger up itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use copydesk_pipeline::Tracer;
use hyper::Method;
use serde_json::Value;

use crate::arguments::Trace;
use crate::config::Config;
use crate::control::{ControlError, ask};
use crate::{desk, logging};

/// Prints the life of each arrival that the name fits.
///
/// # Errors
/// Where neither daemon nor ledger can be asked, or the desk knows nothing of that name.
pub fn run(config: Option<&Path>, arguments: &Trace) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let config = Config::load(config)?;
    let lives = match lives(&config, &arguments.named)? {
        Value::Array(lives) if !lives.is_empty() => lives,
        _ => bail!("the desk has taken nothing that is called {}", arguments.named),
    };
    for life in lives {
        if arguments.json {
            println!("{life}");
        } else {
            print(&life);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn lives(config: &Config, named: &str) -> anyhow::Result<Value> {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("of", named).finish();
    match ask(&config.ledger.folder, Method::GET, &format!("/api/trace?{query}"), None) {
        Err(ControlError::NoDaemon { .. }) => {
            Ok(serde_json::to_value(Tracer::of(&desk::closed(config)?).trace(named)?)?)
        }
        answer => Ok(answer?["arrivals"].take()),
    }
}

/// For a reader: what came, what was decided, what was done to it, who has it.
fn print(life: &Value) {
    let text = |value: &Value| match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let file = &life["file"];
    println!("{}  arrival {}", text(&life["id"]), life["sequence"]);
    println!("  from     {}, record {}, inbox {}", text(&file["path"]), life["record"], text(&file["inbox"]));
    println!("  seen     {}, file {}", text(&file["seen_at"]), text(&file["state"]));
    println!("  verdict  {}, at {}", verdict(&life["verdict"]), text(&life["at"]));
    if let Some(version) = life["version"].as_object() {
        let newest = if version["is_current"] == true { ", the newest" } else { "" };
        println!("  version  {} of {}{newest}", version["version"], text(&version["document"]));
    }
    if life["cluster"]["members"].as_u64().is_some_and(|members| members > 1) {
        let cluster = &life["cluster"];
        println!("  story    of {}, {} articles", text(&cluster["original"]), cluster["members"]);
    }
    match &life["delivered"] {
        Value::Null => {}
        record => {
            let count = |field: &str| record[field].as_array().map_or(0, Vec::len);
            println!("  title    {}", text(&record["title"]));
            println!(
                "  text     {} characters, {} repairs, {} entities",
                record["text"].as_str().map_or(0, |text| text.chars().count()),
                count("repairs"),
                count("entities")
            );
            for cut in record["removed"].as_array().into_iter().flatten() {
                println!(
                    "  cut      {}: {}",
                    text(&cut["reason"]),
                    shortened(cut["text"].as_str().unwrap_or_default())
                );
            }
            for problem in record["problems"].as_array().into_iter().flatten() {
                println!("  problem  {}", text(problem));
            }
        }
    }
    if life["rows"] == 0 {
        println!("  sinks    withheld");
    }
    for (name, passage) in life["sinks"].as_object().into_iter().flatten() {
        let more = match (&passage["reason"], &passage["at"]) {
            (Value::String(reason), at) => format!(" at {}: {reason}", text(at)),
            (_, Value::Null) => String::new(),
            (_, at) => format!(" at {}", text(at)),
        };
        println!("  sink     {name}: {}{more}", text(&passage["state"]));
    }
}

fn verdict(verdict: &Value) -> String {
    let part = |name: &str| verdict[name].as_str();
    let mut words = part("kind").unwrap_or_default().to_owned();
    for (before, name) in [(" of ", "of"), (" by ", "measure"), (" in ", "stage"), (": ", "reason"), (", ", "detail")] {
        if let Some(part) = part(name) {
            words.push_str(before);
            words.push_str(part);
        }
    }
    if let Some(similarity) = verdict["similarity"].as_f64() {
        words.push_str(&format!(" {similarity:.2}"));
    }
    words
}

/// A line's worth of a text.
fn shortened(text: &str) -> String {
    const MOST: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
