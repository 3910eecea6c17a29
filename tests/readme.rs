//! The first steps of the README, as they are written there.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::desk::{Daemon, Desk, copydesk, files_below};
use crate::support::servers::free_port;

/// The blocks of code of a section, each as its lines.
fn code(section: &str) -> Vec<String> {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md")).expect("the README");
    let rest = readme.split(&format!("## {section}\n")).nth(1).expect("the section");
    let text = rest.split("\n## ").next().unwrap_or(rest);
    let (mut blocks, mut open) = (Vec::<String>::new(), false);
    for line in text.lines() {
        match line.strip_prefix("    ") {
            Some(line) if open => blocks.last_mut().expect("a block").push_str(&format!("{line}\n")),
            Some(line) => blocks.push(format!("{line}\n")),
            // An empty line may stand within a block.
            None if line.is_empty() && open => {
                blocks.last_mut().expect("a block").push('\n');
                continue;
            }
            None => {}
        }
        open = line.starts_with("    ");
    }
    blocks
}

#[test]
fn the_first_steps_lead_to_an_article_that_is_found() {
    let desk = Desk::new();
    let port = free_port();
    let here = |text: &str| text.replace("127.0.0.1:9464", &format!("127.0.0.1:{port}"));
    fs::create_dir(desk.path("config")).expect("make a folder");
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/copydesk.toml");
    fs::write(desk.path("config/copydesk.toml"), here(&fs::read_to_string(small).expect("read"))).expect("write");
    let blocks = code("Two commands");
    let [run, drop, look, tests] = &blocks[..] else { panic!("other steps: {blocks:#?}") };
    assert_eq!((run.trim(), tests.trim()), ("cargo run --release -- run", "tests/run"));
    let shell = |commands: &str| {
        let mut shell = Command::new("sh");
        let output = shell.args(["-euc", commands]).current_dir(desk.path("")).output().expect("run a shell");
        let said = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        (output.status.success(), said)
    };

    let mut daemon = Daemon::spawn(copydesk().arg("run").current_dir(desk.path("")), desk.path("log"));
    daemon.wait_until_ready();
    let (dropped, said) = shell(drop);
    assert!(dropped, "{said}");
    daemon.wait_for("the article", |_| files_below(&desk.path("config/done")).len() == 1);
    for command in look.lines().filter(|line| !line.is_empty()) {
        let tool = command.split(' ').next().expect("a command");
        if !shell(&format!("command -v {tool}")).0 {
            eprintln!("SKIPPED: {tool} is not installed, so this step was not tried: {command}");
            continue;
        }
        let (found, said) = shell(&here(command));
        assert!(found && said.contains("Harbour Bridge to Close for Repairs"), "{command}: {said}");
    }
    daemon.stop();
}
