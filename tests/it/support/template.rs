//! infra/template.yaml as `CloudFormation` would see it, with parameters filled in: as much of its language as we use.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use serde_json::{Map, Value, json};

use crate::support::process::repository;

/// The two parameters without a default.
pub const ADDRESSES: [(&str, &str); 2] =
    [("SenderAddress", "no-reply@id.example"), ("OperatorAddress", "operator@id.example")];

pub fn with(more: &[(&str, &str)]) -> Deployed {
    Template::read().deployed(&[&ADDRESSES, more].concat())
}

/// The stack of the tests, named as the local stack's tables and secrets begin.
pub const STACK: &str = "countersign";

/// The template as it stands.
pub struct Template {
    document: Value,
}

/// A stack of the template: what is there under some parameters, every function of the language evaluated.
pub struct Deployed {
    resources: BTreeMap<String, Value>,
    outputs: BTreeMap<String, Value>,
    globals: BTreeMap<String, Value>,
}

impl Template {
    pub fn read() -> Self {
        let path = repository().join("infra/template.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        Self { document: read(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())) }
    }

    /// What the template says of a parameter.
    pub fn parameter(&self, name: &str) -> &Value {
        let parameter = &self.document["Parameters"][name];
        assert!(parameter.is_object(), "infra/template.yaml has no parameter {name}");
        parameter
    }

    /// The stack under these parameters, and the defaults of all others.
    pub fn deployed(&self, parameters: &[(&str, &str)]) -> Deployed {
        let declared = self.document["Parameters"].as_object().unwrap();
        let mut known: BTreeMap<String, String> = declared
            .iter()
            .filter_map(|(name, parameter)| Some((name.clone(), text(parameter.get("Default")?))))
            .collect();
        for (name, value) in parameters {
            assert!(declared.contains_key(*name), "there is no parameter {name}");
            known.insert((*name).to_owned(), (*value).to_owned());
        }
        for (name, value) in [
            ("AWS::StackName", STACK),
            ("AWS::Region", "us-east-1"),
            ("AWS::AccountId", "000000000000"),
            ("AWS::Partition", "aws"),
            ("AWS::URLSuffix", "amazonaws.com"),
        ] {
            known.insert(name.to_owned(), value.to_owned());
        }
        let evaluation = Evaluation { document: &self.document, known };
        let [resources, outputs, globals] =
            ["Resources", "Outputs", "Globals"].map(|section| evaluation.those_of(section));
        Deployed { resources, outputs, globals }
    }
}

impl Deployed {
    /// Every resource of a type by its logical id.
    pub fn of_type<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let of_type =
            move |(id, resource): (&'a String, &'a Value)| (resource["Type"] == kind).then_some((id, resource));
        self.resources.iter().filter_map(of_type).map(|(id, resource)| (id.as_str(), resource))
    }

    pub fn properties(&self, id: &str) -> &Value {
        let resource = self.resources.get(id).unwrap_or_else(|| panic!("infra/template.yaml has no resource {id}"));
        &resource["Properties"]
    }

    /// Every function by the name of its package.
    pub fn functions(&self) -> BTreeMap<&str, (&str, &Value)> {
        let functions = self.of_type("AWS::Serverless::Function");
        functions
            .map(|(id, function)| {
                (function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap(), (id, &function["Properties"]))
            })
            .collect()
    }

    /// The environment of a function.
    pub fn environment(&self, function: &str) -> BTreeMap<String, String> {
        let functions = self.functions();
        let (_, properties) = functions
            .get(function)
            .unwrap_or_else(|| panic!("infra/template.yaml has no function whose Binary is {function}"));
        let variables = properties["Environment"]["Variables"].as_object().unwrap();
        variables.iter().map(|(name, value)| (name.clone(), text(value))).collect()
    }

    /// What SAM gives every function that says nothing else.
    pub fn of_every_function(&self) -> &Value {
        &self.globals["Function"]
    }

    pub fn output(&self, name: &str) -> &Value {
        &self.outputs.get(name).unwrap_or_else(|| panic!("there is no output {name}"))["Value"]
    }
}

/// A scalar as `CloudFormation` hands it on.
pub fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

struct Evaluation<'a> {
    document: &'a Value,
    /// Parameters and pseudo parameters.
    known: BTreeMap<String, String>,
}

impl Evaluation<'_> {
    /// What is there of a section: without what a condition leaves out.
    fn those_of(&self, section: &str) -> BTreeMap<String, Value> {
        let all = self.document[section].as_object().into_iter().flatten();
        all.filter(|(_, entry)| entry["Condition"].as_str().is_none_or(|name| self.holds(name)))
            .filter_map(|(id, entry)| Some((id.clone(), self.evaluated(entry)?)))
            .collect()
    }

    fn holds(&self, condition: &str) -> bool {
        self.is_true(&self.document["Conditions"][condition])
    }

    fn is_true(&self, condition: &Value) -> bool {
        let Some((function, argument)) = only_member(condition) else { panic!("no condition: {condition}") };
        let mut arguments = argument.as_array().into_iter().flatten();
        match function {
            "Condition" => self.holds(argument.as_str().unwrap()),
            "Fn::Not" => !self.is_true(&argument[0]),
            "Fn::And" => arguments.all(|argument| self.is_true(argument)),
            "Fn::Or" => arguments.any(|argument| self.is_true(argument)),
            "Fn::Equals" => self.evaluated(&argument[0]) == self.evaluated(&argument[1]),
            _ => panic!("no condition: {condition}"),
        }
    }

    /// A value without functions; none for `AWS::NoValue`.
    fn evaluated(&self, value: &Value) -> Option<Value> {
        if let Some((function, argument)) = only_member(value)
            && (function == "Ref" || function.starts_with("Fn::"))
        {
            return self.called(function, argument);
        }
        Some(match value {
            Value::Array(items) => items.iter().filter_map(|item| self.evaluated(item)).collect(),
            Value::Object(members) => {
                let members = members.iter().filter_map(|(name, value)| Some((name.clone(), self.evaluated(value)?)));
                Value::Object(members.collect())
            }
            plain => plain.clone(),
        })
    }

    fn called(&self, function: &str, argument: &Value) -> Option<Value> {
        let at = |index: usize| self.evaluated(&argument[index]).unwrap();
        Some(match function {
            "Ref" if argument == "AWS::NoValue" => return None,
            "Ref" => json!(self.reference(argument.as_str().unwrap())),
            "Fn::GetAtt" => json!(self.attribute(argument[0].as_str().unwrap(), argument[1].as_str().unwrap())),
            "Fn::If" => {
                let chosen = if self.holds(argument[0].as_str().unwrap()) { 1 } else { 2 };
                return self.evaluated(&argument[chosen]);
            }
            "Fn::Sub" => match argument {
                Value::String(pattern) => json!(self.substituted(pattern, &Map::new())),
                _ => json!(self.substituted(argument[0].as_str().unwrap(), at(1).as_object().unwrap())),
            },
            "Fn::Select" => at(1)[usize::try_from(argument[0].as_u64().unwrap()).unwrap()].clone(),
            "Fn::Split" => at(1).as_str().unwrap().split(argument[0].as_str().unwrap()).collect(),
            "Fn::Join" => {
                let parts: Vec<String> = at(1).as_array().unwrap().iter().map(text).collect();
                json!(parts.join(argument[0].as_str().unwrap()))
            }
            _ => panic!("{function} is not known to tests/it/support/template.rs"),
        })
    }

    fn substituted(&self, pattern: &str, own: &Map<String, Value>) -> String {
        let mut parts = pattern.split("${");
        let mut done = parts.next().unwrap().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').unwrap();
            done += &match (own.get(name), name.split_once('.')) {
                (Some(value), _) => text(value),
                (None, Some((resource, attribute))) => self.attribute(resource, attribute),
                (None, None) => self.reference(name),
            };
            done += rest;
        }
        done
    }

    /// What `Ref` is of a parameter, and of a resource. A secret is its name here, as the local stack knows no ARN.
    fn reference(&self, name: &str) -> String {
        if let Some(value) = self.known.get(name) {
            return value.clone();
        }
        let resource = self.resource(name);
        let named = match resource["Type"].as_str().unwrap() {
            "AWS::DynamoDB::Table" => "TableName",
            "AWS::SecretsManager::Secret" | "AWS::SES::ConfigurationSet" => "Name",
            "AWS::Serverless::Function" => "FunctionName",
            "AWS::Logs::LogGroup" => "LogGroupName",
            _ => return name.to_owned(),
        };
        text(&self.evaluated(&resource["Properties"][named]).unwrap())
    }

    fn attribute(&self, name: &str, attribute: &str) -> String {
        let (region, account) = (&self.known["AWS::Region"], &self.known["AWS::AccountId"]);
        let kind = self.resource(name)["Type"].as_str().unwrap();
        match (kind, attribute) {
            ("AWS::DynamoDB::Table", "Arn") => {
                format!("arn:aws:dynamodb:{region}:{account}:table/{}", self.reference(name))
            }
            _ => format!("{name}.{attribute}"),
        }
    }

    fn resource(&self, name: &str) -> &Value {
        let resource = &self.document["Resources"][name];
        assert!(resource.is_object(), "infra/template.yaml has no {name}");
        resource
    }
}

fn only_member(value: &Value) -> Option<(&str, &Value)> {
    let members = value.as_object()?;
    members.iter().next().filter(|_| members.len() == 1).map(|(name, value)| (name.as_str(), value))
}

/// Reads YAML as JSON, with a tag such as `!Sub` in its long form.
fn read(text: &str) -> Result<Value, ScanError> {
    let mut events = Parser::new_from_str(text).map(|event| event.map(|(event, _)| event));
    loop {
        match events.next().expect("a document ends after it began")? {
            Event::StreamStart | Event::DocumentStart(_) | Event::Nothing => {}
            first => return node(first, &mut events),
        }
    }
}

/// The node that begins with `event`.
fn node<'a>(
    event: Event<'a>,
    events: &mut impl Iterator<Item = Result<Event<'a>, ScanError>>,
) -> Result<Value, ScanError> {
    let (value, tag) = match event {
        Event::Scalar(text, ScalarStyle::Plain, _, None) => (plain(&text), None),
        Event::Scalar(text, _, _, tag) => (json!(text), tag),
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match events.next().expect("every node ends")? {
                    Event::SequenceEnd => break (Value::Array(items), tag),
                    item => items.push(node(item, events)?),
                }
            }
        }
        Event::MappingStart(_, tag) => {
            let mut members = Map::new();
            loop {
                match events.next().expect("every node ends")? {
                    Event::MappingEnd => break (Value::Object(members), tag),
                    name => {
                        let name = text(&node(name, events)?);
                        let first = events.next().expect("every node ends")?;
                        let twice = members.insert(name, node(first, events)?);
                        assert!(twice.is_none(), "a name stands twice beside {twice:?}");
                    }
                }
            }
        }
        other => panic!("infra/template.yaml has {other:?}"),
    };
    Ok(match tag.as_deref().map(|tag| tag.suffix.as_str()) {
        None => value,
        Some(function @ ("Ref" | "Condition")) => json!({ function: value }),
        Some("GetAtt") => json!({ "Fn::GetAtt": text(&value).split('.').collect::<Vec<_>>() }),
        Some(function) => json!({ format!("Fn::{function}"): value }),
    })
}

/// A scalar without quotation marks.
fn plain(text: &str) -> Value {
    match text {
        "" | "null" | "~" => Value::Null,
        "true" => json!(true),
        "false" => json!(false),
        _ => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
    }
}
