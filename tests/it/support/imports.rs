//! The imports between the files of a crate, read off its sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::sources::{Source, literals, sources};

/// A crate as a graph: which module, each a file, imports what from which other.
#[derive(Debug)]
pub struct Imports {
    /// Every module of the crate by its path, such as `http::body`; the root is the empty path.
    pub modules: BTreeSet<String>,
    /// By importing and imported module: the names that are taken. A name that is re-exported counts for the file that defines it.
    pub arrows: BTreeMap<(String, String), BTreeSet<String>>,
}

/// A name in a module.
type Item = (String, String);

impl Imports {
    /// Reads the crate whose sources are in `folder`, such as `shared/src`.
    pub fn of(folder: &str) -> Self {
        let files: BTreeMap<String, String> = sources(&[folder])
            .into_iter()
            .map(|source| (module_of(&source, folder), without_literals(&source)))
            .collect();
        let modules: BTreeSet<String> = files.keys().cloned().collect();
        let mut taken: Vec<(String, Item)> = Vec::new();
        let mut exported: BTreeMap<Item, Item> = BTreeMap::new();
        for (module, code) in &files {
            let (statements, rest) = use_statements(code);
            let mut known: BTreeMap<String, String> = children(&modules, module).collect();
            for (is_public, tree) in statements {
                for (path, alias) in leaves(&tree) {
                    let Some((target, name)) = resolve(&modules, module, &path) else { continue };
                    if name.is_empty() {
                        known.insert(alias, target);
                    } else if is_public {
                        exported.insert((module.clone(), alias), (target, name));
                    } else {
                        taken.push((module.clone(), (target, name)));
                    }
                }
            }
            for path in paths(&rest) {
                let item = match path.split_once("::") {
                    Some(("crate" | "super" | "self", _)) => resolve(&modules, module, &path),
                    Some((first, name)) => {
                        known.get(first).and_then(|target| resolve(&modules, "", &format!("crate::{target}::{name}")))
                    }
                    None => None,
                };
                taken.extend(item.filter(|(_, name)| !name.is_empty()).map(|item| (module.clone(), item)));
            }
        }
        let mut arrows: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (module, mut item) in taken {
            while let Some(origin) = exported.get(&item) {
                item = origin.clone();
            }
            let (target, name) = item;
            if target != module {
                arrows.entry((module, target)).or_default().insert(name);
            }
        }
        Self { modules, arrows }
    }

    /// Modules that import each other in a circle, with what ties them; empty where there is none.
    pub fn circle(&self) -> Vec<String> {
        let mut left: BTreeSet<&String> = self.modules.iter().collect();
        loop {
            // whoever imports nothing of the rest, or is imported by none of it, is in no circle
            let inner = |of: &String, end: fn(&(String, String)) -> (&String, &String)| {
                self.arrows.keys().map(end).any(|(from, to)| from == of && left.contains(to))
            };
            let out = left
                .iter()
                .find(|module| !inner(module, |(from, to)| (from, to)) || !inner(module, |(from, to)| (to, from)));
            match out.copied() {
                Some(module) => left.remove(module),
                None => break,
            };
        }
        let tied = self.arrows.iter().filter(|((from, to), _)| left.contains(from) && left.contains(to));
        tied.map(|((from, to), names)| format!("{from} -> {to}: {names:?}")).collect()
    }
}

fn module_of(source: &Source, folder: &str) -> String {
    let path = source.path.strip_prefix(folder).unwrap().trim_matches('/').strip_suffix(".rs").unwrap();
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

fn without_literals(source: &Source) -> String {
    literals(&source.code)
        .into_iter()
        .filter(|text| !text.is_empty())
        .fold(source.code.clone(), |code, text| code.replace(&format!("\"{text}\""), "\"\""))
}

fn children<'a>(modules: &'a BTreeSet<String>, of: &str) -> impl Iterator<Item = (String, String)> + 'a {
    let prefix = if of.is_empty() { String::new() } else { format!("{of}::") };
    modules.iter().filter_map(move |module| {
        let name = module.strip_prefix(&prefix).filter(|name| !name.is_empty() && !name.contains("::"))?;
        Some((name.to_owned(), module.clone()))
    })
}

/// The trees of all `use` statements, whether each is public, and the code without them.
fn use_statements(code: &str) -> (Vec<(bool, String)>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    let mut lines = code.lines();
    while let Some(line) = lines.next() {
        let start = line.trim_start();
        let is_public = start.starts_with("pub");
        let tree = if is_public { start.split_once(" use ").map(|(_, tree)| tree) } else { start.strip_prefix("use ") };
        let Some(tree) =
            tree.filter(|_| !is_public || start.split_once(" use ").is_some_and(|(head, _)| !head.contains(' ')))
        else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        let mut tree = tree.to_owned();
        while !tree.contains(';') {
            tree.push_str(lines.next().unwrap());
        }
        found.push((is_public, tree.trim_end_matches(';').split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    (found, rest)
}

/// Every path of a `use` tree with the name that it has afterwards.
fn leaves(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    let Some((prefix, group)) = tree.split_once('{') else {
        let (path, alias) = tree.split_once(" as ").unwrap_or((tree, ""));
        let path = path.trim().trim_end_matches("::self");
        let alias = if alias.is_empty() { path.rsplit("::").next().unwrap() } else { alias };
        return vec![(path.to_owned(), alias.to_owned())];
    };
    let group = group.strip_suffix('}').unwrap();
    let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&group[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&group[start..]);
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(&format!("{prefix}{}", part.trim()))).collect()
}

/// The module that a path leads into, and the name that it takes there; the empty name is the module itself.
fn resolve(modules: &BTreeSet<String>, from: &str, path: &str) -> Option<Item> {
    let mut parts: Vec<&str> = path.split("::").map(str::trim).filter(|part| !part.is_empty()).collect();
    let mut at: Vec<&str> = from.split("::").filter(|part| !part.is_empty()).collect();
    match *parts.first()? {
        "crate" => at.clear(),
        "self" => {}
        "super" => {
            while parts.get(1) == Some(&"super") {
                at.pop();
                parts.remove(0);
            }
            at.pop();
        }
        first if children(modules, from).any(|(name, _)| name == first) => parts.insert(0, "self"),
        _ => return None,
    }
    parts.remove(0);
    while let Some(first) = parts.first() {
        let below = at.iter().chain([first]).copied().collect::<Vec<_>>().join("::");
        if !modules.contains(&below) {
            break;
        }
        at.push(parts.remove(0));
    }
    Some((at.join("::"), parts.first().copied().unwrap_or_default().to_owned()))
}

/// Every path of two parts or more in some code.
fn paths(code: &str) -> Vec<String> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    words.map(|word| word.trim_matches(':').to_owned()).filter(|word| word.contains("::")).collect()
}

#[test]
fn imports_are_followed_to_the_file_that_defines_a_name() {
    let modules = ["", "a", "a::b", "c"].map(str::to_owned).into();
    assert_eq!(resolve(&modules, "a::b", "super::super::c::Thing"), Some(("c".to_owned(), "Thing".to_owned())));
    assert_eq!(resolve(&modules, "a", "b::Thing"), Some(("a::b".to_owned(), "Thing".to_owned())));
    assert_eq!(resolve(&modules, "a", "std::fmt"), None);
    let tree = leaves("crate::{a::{self, b::{X, Y as Z}}, c}");
    let tree: Vec<_> = tree.iter().map(|(path, alias)| (path.as_str(), alias.as_str())).collect();
    assert_eq!(tree, [("crate::a", "a"), ("crate::a::b::X", "X"), ("crate::a::b::Y", "Z"), ("crate::c", "c")]);
}
