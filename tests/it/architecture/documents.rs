//! Command lines in the documents.

use std::fs;

use clap::Parser as _;
use clap::error::ErrorKind;
use countersign::commands::CommandLine;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::support::process::repository;

/// What stands in capitals for a value that the reader has.
const PLACEHOLDERS: [(&str, &str); 2] = [("COMMAND", "doctor"), ("URL", "https://id.example.com")];

/// The command lines of a document: in a block each line that begins with the name of the binary, where a backslash
/// carries it on; in running text those with an option, as a shorter one only names the command.
fn command_lines(text: &str) -> Vec<String> {
    let (mut block, mut found) = (None, Vec::new());
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::Text(text) => block.iter_mut().for_each(|block| block.push_str(&text)),
            Event::End(TagEnd::CodeBlock) => {
                let whole = block.take().unwrap_or_default().replace("\\\n", " ");
                found.extend(whole.lines().filter(|line| is_ours(line)).map(str::to_owned));
            }
            Event::Code(span) if is_ours(&span) && span.contains(" --") => found.push(span.into_string()),
            _ => {}
        }
    }
    found
}

fn is_ours(line: &str) -> bool {
    line.starts_with("countersign ")
}

#[test]
fn every_command_line_in_the_documents_is_understood() {
    let documents = repository().join("docs").read_dir().unwrap().map(|entry| entry.unwrap().path());
    let documents = documents.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut tried = 0;
    for path in documents.chain([repository().join("README.md")]) {
        for line in command_lines(&fs::read_to_string(&path).unwrap()) {
            let words = shlex::split(&line).unwrap_or_else(|| panic!("{}: {line}", path.display()));
            let word = |word: String| {
                let known = PLACEHOLDERS.iter().find(|(placeholder, _)| *placeholder == word);
                known.map_or(word, |(_, value)| (*value).to_owned())
            };
            match CommandLine::try_parse_from(words.into_iter().map(word)) {
                Err(error) if error.kind() != ErrorKind::DisplayHelp => panic!("{}: {line}\n{error}", path.display()),
                _ => {}
            }
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried} command lines are a poor test");
}
