//! The words of the management API, held against docs/GLOSSARY.md.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::app::App;

const GLOSSARY: &str = include_str!("../../../docs/GLOSSARY.md");

/// Words that have a better one.
const DISCOURAGED: [&str; 13] = [
    "state",
    "standing",
    "make",
    "makes",
    "take back",
    "takes back",
    "no more",
    "no such",
    "whoever",
    "somebody",
    "besides",
    "anew",
    "one's",
];

async fn document() -> Value {
    App::start().await.get("/openapi.json").await.json()
}

/// The words that the glossary defines.
fn terms() -> BTreeSet<&'static str> {
    GLOSSARY.lines().filter_map(|line| line.strip_prefix("- **")?.split_once("**:")).map(|(term, _)| term).collect()
}

/// `ChangeRequestId` and `change_requests` as words: `change request id`, `change requests`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for character in name.chars() {
        if (character.is_uppercase() && !words.is_empty()) || character == '_' {
            words.push(' ');
        }
        words.extend(character.to_lowercase().filter(|character| *character != '_'));
    }
    words
}

/// Tells whether `text` has `phrase` in it, word by word, in the singular or plural.
fn says(text: &str, phrase: &str) -> bool {
    let text = format!(" {} ", text.split(|c: char| !c.is_alphanumeric() && c != '\'').collect::<Vec<_>>().join(" "));
    text.contains(&format!(" {phrase} ")) || text.contains(&format!(" {phrase}s "))
}

/// All texts and field names in a part of the document.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if let (true, Some(text)) =
                    (["summary", "description", "title"].contains(&name.as_str()), value.as_str())
                {
                    found.push(text.to_lowercase());
                }
                if name == "properties" {
                    found.extend(value.as_object().unwrap().keys().map(|name| words(name)));
                }
                texts(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

#[tokio::test]
async fn the_glossary_has_the_words_of_the_api() {
    let (document, terms) = (document().await, terms());
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        let name = words(schema).replace("one time", "one-time").replace("codes", "code");
        assert!(terms.iter().any(|term| name.contains(term)), "schema {schema}");
    }
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
    for operation in operations {
        let (id, tag) = (operation["operationId"].as_str().unwrap(), operation["tags"][0].as_str().unwrap());
        let noun = words(tag);
        assert!(terms.contains(noun.as_str()) || terms.contains(noun.trim_end_matches('s')), "tag {tag}");
        let verb = words(id.strip_prefix(tag).unwrap().trim_start_matches('_'));
        let known = terms.iter().any(|term| verb == *term || verb.starts_with(&format!("{term} ")));
        assert!(known || ["console", "documentation"].contains(&tag), "operation {id}");
    }
}

#[tokio::test]
async fn the_glossary_has_every_status_role_and_privilege() {
    let document = document().await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let statuses = schemas.values().filter_map(|schema| schema["properties"]["status"]["enum"].as_array()).flatten();
    let named = ["Role", "Privilege", "MailStatus"].map(|name| schemas[name]["oneOf"].as_array().unwrap());
    let constants = named.into_iter().flatten().map(|variant| &variant["const"]);
    let mut values = 0;
    for value in statuses.chain(constants) {
        assert!(GLOSSARY.contains(&format!("`{}`", value.as_str().unwrap())), "{value}");
        values += 1;
    }
    assert!(values > 30, "{values}");
}

#[tokio::test]
async fn the_api_says_no_discouraged_word() {
    let document = document().await;
    let mut found = Vec::new();
    texts(&document, &mut found);
    let wrong: BTreeSet<_> = found
        .iter()
        .flat_map(|text| DISCOURAGED.iter().filter(|word| says(text, word)).map(move |word| format!("{word}: {text}")))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
