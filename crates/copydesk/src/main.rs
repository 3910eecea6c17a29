//! `copydesk`: a drop folder for news.
//!
//! The binary wires: configuration and commands in, the pipeline, its ledger and its sinks out. Each command
//! is a file in `commands/`.

mod arguments;
mod commands;
mod config;
mod config_error;
mod control;
mod daemon;
mod desk;
mod logging;
mod systemd;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::{Arguments, Command};

fn main() -> ExitCode {
    // Does nothing unless the binary was built for the tests.
    let scenario = fail::FailScenario::setup();
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run => commands::run::run(arguments.config.as_deref()),
        Command::Ingest(ingest) => commands::ingest::run(arguments.config.as_deref(), &ingest),
        Command::Duplicates(duplicates) => commands::duplicates::run(arguments.config.as_deref(), &duplicates),
        Command::Status(status) => commands::status::run(arguments.config.as_deref(), &status),
        Command::Trace(trace) => commands::trace::run(arguments.config.as_deref(), &trace),
        Command::Quarantine(quarantine) => commands::quarantine::run(arguments.config.as_deref(), &quarantine),
        Command::LogLevel(level) => commands::log_level::run(arguments.config.as_deref(), &level),
        Command::Preview(preview) => commands::preview::run(arguments.config.as_deref(), &preview),
        Command::Rejected(rejected) => commands::rejected::run(arguments.config.as_deref(), &rejected),
        Command::Replay(replay) => commands::replay::run(arguments.config.as_deref(), &replay),
        Command::Check(check) => commands::check::run(arguments.config.as_deref(), &check),
        Command::Init(init) => commands::init::run(&init),
        Command::Manual(manual) => commands::manual::run(&manual),
    };
    let code = result.unwrap_or_else(|error| {
        eprintln!("copydesk: {error:#}");
        ExitCode::FAILURE
    });
    scenario.teardown();
    code
}
