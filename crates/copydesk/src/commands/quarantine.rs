//! `copydesk quarantine list|show|retry|drop`: what could not be worked on.
//!
//! Works on the folders themselves. Which inbox a file came from the ledger knows: the daemon is asked to move it where
//! one runs, since the ledger is its own then.

use std::path::Path;
use std::process::ExitCode;

use copydesk_admin::Places;
use copydesk_admin::quarantine::{list, look_at, throw_away, try_again};
use hyper::Method;
use serde_json::Value;

use crate::arguments::{Quarantine, QuarantineCommand};
use crate::config::Config;
use crate::control::{ControlError, ask};
use crate::{desk, logging};

/// Files asked for at a time.
const PAGE: usize = 1000;

/// Does it.
///
/// # Errors
/// Where a file is not there or can't be moved.
pub fn run(config: Option<&Path>, arguments: &Quarantine) -> anyhow::Result<ExitCode> {
    logging::start("warn");
    let keeper = Keeper { config: Config::load(config)? };
    let say = |value: &Value, words: &dyn Fn() -> String| {
        println!("{}", if arguments.json { value.to_string() } else { words() });
    };
    match &arguments.what {
        QuarantineCommand::List => {
            for file in keeper.list()? {
                say(&file, &|| line(&file));
            }
        }
        QuarantineCommand::Show { name } => {
            let file = keeper.ask(Method::GET, name, "", look_at)?;
            say(&file, &|| serde_json::to_string_pretty(&file).unwrap_or_default());
        }
        QuarantineCommand::Retry { names, all } => {
            let all: Vec<String> = if *all {
                let files = keeper.list()?;
                files.iter().filter_map(|file| file["name"].as_str().map(str::to_owned)).collect()
            } else {
                names.clone()
            };
            for name in all {
                let moved = keeper.ask(Method::POST, &name, "/retry", try_again)?;
                say(&moved, &|| format!("{name} -> {}", moved["path"].as_str().unwrap_or_default()));
            }
        }
        QuarantineCommand::Drop { names } => {
            for name in names {
                let gone = keeper.ask(Method::POST, name, "/drop", throw_away)?;
                say(&gone, &|| format!("{name} is gone"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

struct Keeper {
    config: Config,
}

type Act = fn(&Places, &str) -> Result<Value, copydesk_admin::Refusal>;

impl Keeper {
    /// Does something about one file, here or through the daemon.
    fn ask(&self, method: Method, name: &str, what: &str, act: Act) -> anyhow::Result<Value> {
        let encoded: String = form_urlencoded::byte_serialize(name.as_bytes()).collect();
        let path = format!("/api/quarantine/{}{what}", encoded.replace('+', "%20"));
        match ask(&self.config.ledger.folder, method, &path, None) {
            Err(ControlError::NoDaemon { .. }) => Ok(act(&self.places()?, name)?),
            answer => Ok(answer?),
        }
    }

    fn list(&self) -> anyhow::Result<Vec<Value>> {
        let (mut files, mut after) = (Vec::new(), None::<String>);
        loop {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(after.iter().map(|after| ("after", after)))
                .append_pair("limit", &PAGE.to_string())
                .finish();
            match ask(&self.config.ledger.folder, Method::GET, &format!("/api/quarantine?{query}"), None) {
                Err(ControlError::NoDaemon { .. }) => {
                    let listing = list(&self.places()?, after.as_deref(), PAGE);
                    files.extend(listing.files);
                    after = listing.next;
                }
                answer => {
                    let mut listing = answer?;
                    files.extend(listing["files"].as_array().cloned().unwrap_or_default());
                    after = serde_json::from_value(listing["next"].take())?;
                }
            }
            if after.is_none() {
                return Ok(files);
            }
        }
    }

    fn places(&self) -> anyhow::Result<Places> {
        Ok(desk::places(&self.config, &desk::closed(&self.config)?))
    }
}

fn line(file: &Value) -> String {
    let text = |name: &str| file[name].as_str().unwrap_or_default();
    if let Some(problem) = file["problem"].as_str() {
        return format!("{}\n  {problem}", text("name"));
    }
    format!("{}\n  {} in {}, record {}: {}", text("name"), text("reason"), text("path"), file["record"], text("detail"))
}
