//! The product's source files, for tests that check rules on them.

use std::path::{Path, PathBuf};

use crate::support::process::repository;

/// A source file without its comments and unit tests.
pub struct Source {
    /// The path from the repository's root.
    pub path: String,
    /// The code, line by line as it stands.
    pub code: String,
}

/// Every Rust source below these folders.
pub fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found: Vec<Source> =
        folders.iter().flat_map(|folder| below(&repository().join(folder))).map(|path| read(&path)).collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(!found.is_empty(), "{folders:?} have moved");
    found
}

/// Every Rust source of the product.
pub fn product() -> Vec<Source> {
    let functions = repository().join("functions");
    let names = functions.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut folders: Vec<String> = names.map(|name| format!("functions/{name}/src")).collect();
    folders.extend(["shared/src".to_owned(), "infra/local/src".to_owned()]);
    let existing: Vec<&str> =
        folders.iter().map(String::as_str).filter(|folder| repository().join(folder).exists()).collect();
    sources(&existing)
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .filter(|path| {
            !path.strip_prefix(repository()).unwrap().components().any(|part| part.as_os_str() == "tests")
                && !path.ends_with("tests.rs")
        })
        .collect()
}

fn read(path: &Path) -> Source {
    let text = std::fs::read_to_string(path).unwrap();
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<&str> = before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let path = path.strip_prefix(repository()).unwrap().to_str().unwrap().to_owned();
    Source { path, code: code.join("\n") }
}

/// The string literals of some code, as they are written between their quotation marks.
pub fn literals(code: &str) -> Vec<&str> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'"' || (at > 0 && bytes[at - 1] == b'\'') {
            at += 1;
            continue;
        }
        let raw = bytes[..at].iter().rev().take_while(|&&b| b == b'#').count();
        let is_raw = at > raw && bytes[at - raw - 1] == b'r';
        let start = at + 1;
        at = start;
        loop {
            match bytes[at] {
                b'\\' if !is_raw => at += 2,
                b'"' if !is_raw || bytes[at + 1..].starts_with(&b"#".repeat(raw)) => break,
                _ => at += 1,
            }
        }
        found.push(&code[start..at]);
        at += 1;
    }
    found
}

#[test]
fn literals_are_found_whatever_stands_in_them() {
    let code = r##"a("x", 'c', '"', "a\"b", b"raw", r"c\", r#"d"e"#, "")"##;
    assert_eq!(literals(code), ["x", "a\\\"b", "raw", "c\\", "d\"e", ""]);
}
