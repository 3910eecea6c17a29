//! One file a command.

pub mod check;
pub mod duplicates;
mod files;
pub mod ingest;
pub mod init;
pub mod manual;
pub mod preview;
pub mod run;
