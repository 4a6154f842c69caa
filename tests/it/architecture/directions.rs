//! The directions of the picture in docs/ARCHITECTURE.md, held against the imports of the sources.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::imports::Imports;
use crate::support::process::repository;
use crate::support::sources::{Source, sources};

/// The layers of each crate from top to bottom, by the crate's folder, as the document draws them. A line that is indented
/// further goes on with the layer above it.
fn picture() -> BTreeMap<String, Vec<BTreeSet<String>>> {
    let document = std::fs::read_to_string(repository().join("docs/ARCHITECTURE.md")).unwrap();
    let section = document.split("\n## Directions\n").nth(1).expect("the document has a section on directions");
    let block = section.split("```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut crates = BTreeMap::<String, Vec<BTreeSet<String>>>::new();
    let mut current = String::new();
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        let modules = line.split_whitespace().map(str::to_owned);
        if line.starts_with("      ") {
            crates.get_mut(&current).unwrap().last_mut().unwrap().extend(modules);
        } else if line.starts_with(' ') {
            crates.get_mut(&current).unwrap().push(modules.collect());
        } else {
            line.trim().clone_into(&mut current);
            crates.insert(current.clone(), Vec::new());
        }
    }
    crates
}

fn workspace() -> BTreeSet<String> {
    let functions = repository().join("functions");
    let names = functions.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let crates = names.map(|name| format!("functions/{name}"));
    crates.chain(["shared".to_owned(), "infra/local".to_owned()]).collect()
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let mut found = Vec::new();
    for folder in workspace() {
        let circle = Imports::of(&format!("{folder}/src")).circle();
        found.extend(circle.into_iter().map(|arrow| format!("{folder}: {arrow}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_import_goes_down_the_picture() {
    let picture = picture();
    assert_eq!(picture.keys().cloned().collect::<BTreeSet<_>>(), workspace(), "the picture shows each crate");
    let mut wrong = Vec::new();
    for (folder, layers) in picture {
        let imports = Imports::of(&format!("{folder}/src"));
        let top = |module: &String| module.split("::").next().unwrap().to_owned();
        let place = |module: &String| layers.iter().position(|layer| layer.contains(&top(module)));
        let roots: BTreeSet<String> =
            imports.modules.iter().map(top).filter(|name| !name.is_empty() && name != "main").collect();
        let drawn: Vec<&String> = layers.iter().flatten().collect();
        assert_eq!(drawn.iter().copied().cloned().collect::<BTreeSet<_>>(), roots, "the modules of {folder}");
        assert_eq!(drawn.len(), roots.len(), "a module of {folder} is drawn twice");
        for ((from, to), names) in &imports.arrows {
            // the crate's root wires everything, and nothing imports it
            let goes_down = match (place(from), place(to)) {
                (Some(from), Some(to)) => from <= to,
                (None, _) => true,
                (Some(_), None) => false,
            };
            if !goes_down {
                wrong.push(format!("{folder}: {from} -> {to}: {names:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_application_of_the_management_api_knows_no_http() {
    let foreign = ["axum", "use http::", "crate::http", "HeaderMap", "StatusCode", "Response", "Request<", "schemars"];
    let mut found = Vec::new();
    for Source { path, code } in sources(&["functions/management-api/src/app"]) {
        found.extend(foreign.iter().filter(|name| code.contains(**name)).map(|name| format!("{name} in {path}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_function_depends_on_another() {
    for folder in workspace().iter().filter(|folder| folder.starts_with("functions/")) {
        let manifest = std::fs::read_to_string(repository().join(folder).join("Cargo.toml")).unwrap();
        let others = workspace();
        let others = others.iter().filter_map(|other| other.strip_prefix("functions/").filter(|_| other != folder));
        for other in others.chain(["countersign"]) {
            assert!(!manifest.contains(&format!("\n{other}")), "{folder} depends on {other}");
        }
    }
}
