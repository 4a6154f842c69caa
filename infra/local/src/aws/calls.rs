//! Which AWS operations were called, by whom and on what, seen at the SDK: what a path costs and which rights a function
//! needs are then counts and not guesses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use serde_json::Value;

/// A call as IAM judges it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The caller, such as `token-endpoint`.
    pub caller: &'static str,
    /// The action, such as `dynamodb:Query`.
    pub action: String,
    /// The last part of the resource's ARN, such as `table/countersign-clients/index/listing`; `*` if the request names
    /// no resource.
    pub resource: String,
}

#[derive(Debug, Default)]
struct Seen {
    counts: BTreeMap<String, u64>,
    calls: BTreeSet<Call>,
}

/// Log of the calls made, retries included.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Seen>>);

impl CallLog {
    /// Returns the number of calls of each operation so far, such as `DynamoDB_20120810.Query`.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    /// Returns the operations called since `before`, without their service, each with the number of calls.
    #[must_use]
    pub fn since(&self, before: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let more = |(name, count): (String, u64)| {
            let new = count.saturating_sub(before.get(&name).copied().unwrap_or(0));
            let operation = name.rsplit('.').next().unwrap_or(&name).to_owned();
            (new > 0).then_some((operation, new))
        };
        self.counts().into_iter().filter_map(more).collect()
    }

    /// Every call so far, each once.
    #[must_use]
    pub fn calls(&self) -> BTreeSet<Call> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).calls.clone()
    }

    /// Returns a log for the calls of one caller.
    pub(super) fn of(&self, caller: &'static str) -> CallerLog {
        CallerLog { caller, log: self.clone() }
    }
}

/// Logs the calls of one caller.
#[derive(Debug)]
pub(super) struct CallerLog {
    caller: &'static str,
    log: CallLog,
}

impl Intercept for CallerLog {
    fn name(&self) -> &'static str {
        "CallerLog"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        let body = request.body().bytes().unwrap_or_default();
        let target = request.headers().get("x-amz-target");
        let judged = match target.and_then(|target| target.split_once('.')) {
            Some((service, operation)) if service.starts_with("DynamoDB") => dynamodb(operation, &json(body)),
            Some((_, operation)) => secrets_manager(operation, &json(body)),
            None => ses(body),
        };
        let mut seen = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(target) = target {
            *seen.counts.entry(target.to_owned()).or_default() += 1;
        }
        let caller = self.caller;
        seen.calls.extend(judged.into_iter().map(|(action, resource)| Call { caller, action, resource }));
        Ok(())
    }
}

/// An action and its resource.
type Judged = (String, String);

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_default()
}

/// A transaction is judged by its parts; everything else by its own name on each table.
fn dynamodb(operation: &str, body: &Value) -> Vec<Judged> {
    let on_table = |action: &str, request: &Value| {
        let table = request["TableName"].as_str().map_or_else(|| "*".to_owned(), |name| format!("table/{name}"));
        let index = request["IndexName"].as_str().map(|index| format!("/index/{index}")).unwrap_or_default();
        (format!("dynamodb:{action}"), format!("{table}{index}"))
    };
    let parts = body["TransactItems"].as_array().into_iter().flatten().filter_map(Value::as_object).flatten();
    match operation {
        "TransactWriteItems" | "TransactGetItems" => {
            // `Put` is judged as `PutItem`, and so are the others
            parts.map(|(kind, part)| on_table(&format!("{kind}Item"), part)).collect()
        }
        "BatchGetItem" | "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().into_iter().flatten();
            tables.map(|(table, _)| (format!("dynamodb:{operation}"), format!("table/{table}"))).collect()
        }
        _ => vec![on_table(operation, body)],
    }
}

fn secrets_manager(operation: &str, body: &Value) -> Vec<Judged> {
    let secret = body["SecretId"].as_str().or_else(|| body["Name"].as_str());
    let secret = secret.map_or_else(|| "*".to_owned(), |secret| format!("secret:{}", secret_name(secret)));
    vec![(format!("secretsmanager:{operation}"), secret)]
}

/// The name in a secret's ARN, where it ends in a hyphen and six random characters; a name stays as it is.
fn secret_name(secret: &str) -> &str {
    let arn = secret.split_once(":secret:").and_then(|(_, name)| name.rsplit_once('-'));
    arn.map_or(secret, |(name, _)| name)
}

/// The query protocol: a form whose members name the operation and the sender.
fn ses(body: &[u8]) -> Vec<Judged> {
    let form: BTreeMap<_, _> = form_urlencoded::parse(body).collect();
    let sender = form.get("Source").map_or_else(|| "*".to_owned(), |sender| format!("identity/{sender}"));
    form.get("Action").map(|action| (format!("ses:{action}"), sender)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn judged(calls: &[(&str, &str)]) -> Vec<Judged> {
        calls.iter().map(|(action, resource)| ((*action).to_owned(), (*resource).to_owned())).collect()
    }

    #[test]
    fn a_query_is_judged_on_its_index_and_a_transaction_by_its_parts() {
        let query = dynamodb("Query", &json!({ "TableName": "t", "IndexName": "i" }));
        assert_eq!(query, judged(&[("dynamodb:Query", "table/t/index/i")]));
        let parts = json!({ "TransactItems": [
            { "Put": { "TableName": "a" } },
            { "ConditionCheck": { "TableName": "b" } },
            { "Delete": { "TableName": "c" } },
        ]});
        let parts = dynamodb("TransactWriteItems", &parts);
        let expected = [
            ("dynamodb:PutItem", "table/a"),
            ("dynamodb:ConditionCheckItem", "table/b"),
            ("dynamodb:DeleteItem", "table/c"),
        ];
        assert_eq!(parts, judged(&expected));
        let batch = dynamodb("BatchGetItem", &json!({ "RequestItems": { "a": {}, "b": {} } }));
        assert_eq!(batch, judged(&[("dynamodb:BatchGetItem", "table/a"), ("dynamodb:BatchGetItem", "table/b")]));
    }

    #[test]
    fn a_secret_stands_as_its_name_and_mail_as_its_sender() {
        for id in ["a/b-c", "arn:aws:secretsmanager:us-east-1:000000000000:secret:a/b-c-L0cal0"] {
            let read = secrets_manager("GetSecretValue", &json!({ "SecretId": id }));
            assert_eq!(read, judged(&[("secretsmanager:GetSecretValue", "secret:a/b-c")]));
        }
        let sent = ses(b"Action=SendRawEmail&Source=no-reply%40id.example&RawMessage.Data=aGk%3D");
        assert_eq!(sent, judged(&[("ses:SendRawEmail", "identity/no-reply@id.example")]));
    }
}
