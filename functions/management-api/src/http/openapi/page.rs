//! The document as a page for people: plain HTML, without a script.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use shared::text::escaped;

/// Schema members with limits, rendered as code, with their labels.
const LIMITS: [(&str, &str); 9] = [
    ("format", "format"),
    ("pattern", "pattern"),
    ("minLength", "at least this long:"),
    ("maxLength", "at most this long:"),
    ("minimum", "from"),
    ("maximum", "to"),
    ("maxItems", "at most this many:"),
    ("default", "default"),
    ("const", "always"),
];

/// Renders the page.
pub(super) fn render(document: &Value) -> String {
    let mut page = Page(String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Countersign management API</title>\n\
         <link rel=\"stylesheet\" href=\"docs/style.css\">\n</head>\n<body>\n<h1>Countersign management API</h1>\n",
    ));
    let described = document.pointer("/info/description").and_then(Value::as_str).unwrap_or_default();
    page.markdown(described);
    page.add("<p><a href=\"openapi.json\">The same as an OpenAPI 3.1 document</a> · ");
    page.add("<a href=\"docs/errors\">All errors</a></p>\n<nav>\n<ul>\n");
    let operations: Vec<Operation<'_>> = operations(document);
    for operation in &operations {
        let Operation { id, method, path, .. } = operation;
        page.line(&format!("<li><a href=\"#{}\"><code>{method} {}</code></a></li>", escaped(id), escaped(path)));
    }
    page.add("</ul>\n</nav>\n");
    for operation in &operations {
        page.operation(operation);
    }
    page.add("<section>\n<h2>Schemas</h2>\n");
    for (name, schema) in members(document, "/components/schemas") {
        page.line(&format!("<h3 id=\"schema-{0}\">{0}</h3>", escaped(name)));
        page.schema(schema);
    }
    page.add("</section>\n</body>\n</html>\n");
    page.0
}

struct Operation<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    value: &'a Value,
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = members(document, "/paths");
    let all = paths.flat_map(|(path, methods)| {
        members(methods, "").map(|(method, value)| Operation {
            id: text(value, "operationId"),
            method: method.to_ascii_uppercase(),
            path,
            value,
        })
    });
    all.collect()
}

struct Page(String);

impl Page {
    fn add(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn line(&mut self, html: &str) {
        self.add(html);
        self.add("\n");
    }

    fn markdown(&mut self, markdown: &str) {
        pulldown_cmark::html::push_html(&mut self.0, pulldown_cmark::Parser::new(markdown));
    }

    fn operation(&mut self, operation: &Operation<'_>) {
        let Operation { id, method, path, value } = operation;
        let id = escaped(id);
        self.line(&format!("<section>\n<h3 id=\"{id}\"><code>{method}</code> <code>{}</code></h3>", escaped(path)));
        self.line(&format!("<p>{}</p>", escaped(text(value, "summary"))));
        self.markdown(text(value, "description"));
        let parameters: Vec<&Value> = value.get("parameters").and_then(Value::as_array).into_iter().flatten().collect();
        if !parameters.is_empty() {
            self.line("<table>\n<tr><th>Parameter</th><th>In</th><th>Form</th><th></th></tr>");
            for parameter in parameters {
                self.line(&format!(
                    "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>",
                    escaped(text(parameter, "name")),
                    escaped(text(parameter, "in")),
                    parameter.get("schema").map(form).unwrap_or_default(),
                    inline(text(parameter, "description")),
                ));
            }
            self.line("</table>");
        }
        for (media_type, content) in members(value, "/requestBody/content") {
            let form = content.get("schema").map(form).unwrap_or_default();
            self.line(&format!("<p>Body: <code>{}</code>, {form}</p>", escaped(media_type)));
        }
        self.line("<table>\n<tr><th>Status</th><th>Body</th><th></th></tr>");
        for (status, response) in members(value, "/responses") {
            let forms: Vec<String> = members(response, "/content")
                .map(|(media_type, content)| match content.get("schema") {
                    Some(schema) if response.get("x-problems").is_none() => {
                        format!("<code>{}</code>, {}", escaped(media_type), form(schema))
                    }
                    _ => "<a href=\"#schema-Problem\">Problem</a>".to_owned(),
                })
                .collect();
            let description = inline(text(response, "description"));
            self.line(&format!(
                "<tr><td>{}</td><td>{}</td><td>{description}</td></tr>",
                escaped(status),
                forms.join("<br>")
            ));
        }
        self.line("</table>\n</section>");
    }

    fn schema(&mut self, schema: &Value) {
        self.markdown(text(schema, "description"));
        let variants = schema.get("oneOf").and_then(Value::as_array);
        for variant in variants.into_iter().flatten().filter(|variant| variant.get("properties").is_some()) {
            self.schema(variant);
        }
        let mut properties = members(schema, "/properties").peekable();
        if properties.peek().is_none() {
            if variants.is_none_or(|variants| variants.iter().all(|variant| variant.get("properties").is_none())) {
                self.line(&format!("<p>{}</p>", form(schema)));
            }
            return;
        }
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        self.line("<table>\n<tr><th>Member</th><th>Form</th><th></th></tr>");
        for (name, property) in properties {
            let left_out = if required.contains(&name) { "" } else { " (may be left out)" };
            self.line(&format!(
                "<tr><td><code>{}</code></td><td>{}{left_out}</td><td>{}</td></tr>",
                escaped(name),
                form(property),
                inline(text(property, "description")),
            ));
        }
        self.line("</table>");
    }
}

/// Describes a schema in a few words.
fn form(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = escaped(reference.rsplit('/').next().unwrap_or(reference));
        return format!("<a href=\"#schema-{name}\">{name}</a>");
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(choices) = schema.get(several).and_then(Value::as_array) {
            return choices.iter().map(form).collect::<Vec<_>>().join(" or ");
        }
    }
    let mut words = match schema.get("type") {
        Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Some(Value::String(name)) => name.clone(),
        _ if schema.get("const").is_some() => String::new(),
        _ => "anything".to_owned(),
    };
    if let Some(items) = schema.get("items") {
        let _ = write!(words, " of {}", form(items));
    }
    let values = schema.get("additionalProperties").or_else(|| {
        schema.get("patternProperties").and_then(Value::as_object).and_then(|patterns| patterns.values().next())
    });
    if let Some(values) = values.filter(|values| values.is_object()) {
        let _ = write!(words, " of {}", form(values));
    }
    if let Some(choices) = schema.get("enum").and_then(Value::as_array) {
        let choices: Vec<String> = choices.iter().map(code).collect();
        let _ = write!(words, ": {}", choices.join(", "));
    }
    for (member, called) in LIMITS {
        if let Some(limit) = schema.get(member) {
            let _ = write!(words, ", {called} {}", code(limit));
        }
    }
    words.trim_start_matches(", ").to_owned()
}

fn code(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    format!("<code>{}</code>", escaped(&text))
}

/// Renders one line of Markdown, without the paragraph around it.
fn inline(markdown: &str) -> String {
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(markdown));
    html.trim().trim_start_matches("<p>").trim_end_matches("</p>").to_owned()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value.get(member).and_then(Value::as_str).unwrap_or_default()
}

fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let members = value.pointer(pointer).and_then(Value::as_object);
    members.into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}
