//! The management API on Lambda: HTTP API requests, and commands from callers with permission to invoke the function.

use axum::Router;
use lambda_http::lambda_runtime::{self, LambdaEvent, service_fn};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Service as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use shared::domain::email::Email;
use shared::domain::text::Name;

use crate::app::Management;
use crate::invitations::operator::invite_operator;

/// A command sent as the event itself, such as `{"invite_operator": {"email": "…", "name": "…"}}`. HTTP requests arrive
/// inside an HTTP API event, which has other members regardless of its body.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Command {
    /// Create an invitation link for an operator.
    InviteOperator {
        /// Email address of the operator.
        email: Email,
        /// Display name of the operator.
        name: Name,
    },
}

/// Payload of an invocation.
pub enum Invocation {
    /// A request to the API.
    Request(Box<LambdaRequest>),
    /// A command.
    Command(Command),
}

impl<'de> Deserialize<'de> for Invocation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = Box::<RawValue>::deserialize(deserializer)?;
        if let Ok(command) = serde_json::from_str(event.get()) {
            return Ok(Self::Command(command));
        }
        let request = serde_json::from_str(event.get());
        request.map(|request| Self::Request(Box::new(request))).map_err(serde::de::Error::custom)
    }
}

impl Management {
    /// Runs a command and returns its result.
    ///
    /// # Errors
    /// If the invitation cannot be created; the message gives the reason.
    pub async fn obey(&self, command: Command) -> Result<Value, lambda_runtime::Error> {
        match command {
            Command::InviteOperator { email, name } => {
                let (administrators, trail) = (&self.administrators, &self.trail);
                let made =
                    invite_operator(administrators, trail, &self.issuer, (email, name), self.clock.now()).await?;
                Ok(json!(made))
            }
        }
    }
}

/// Serves invocations until the platform ends the process.
///
/// # Errors
/// If the Lambda runtime cannot be reached.
pub async fn serve(management: Management, router: Router) -> Result<(), lambda_runtime::Error> {
    let requests = Adapter::from(shared::http::lambda::with_sources(router));
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Invocation>| {
        let (management, mut requests) = (management.clone(), requests.clone());
        async move {
            match event.payload {
                Invocation::Request(request) => {
                    let answer = requests.call(LambdaEvent::new(*request, event.context)).await;
                    let answer = answer.map_err(|error| match error {})?;
                    Ok(serde_json::to_value(answer)?)
                }
                Invocation::Command(command) => management.obey(command).await.inspect_err(|error| {
                    tracing::error!(error = shared::telemetry::chain(error.as_ref()), "the command failed");
                }),
            }
        }
    }))
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_event_itself_and_nothing_inside_a_request() {
        let read = |event: Value| serde_json::from_str::<Invocation>(&event.to_string());
        let command = json!({ "invite_operator": { "email": "ana@platform.example", "name": "Ana" } });
        assert!(matches!(read(command.clone()).unwrap(), Invocation::Command(Command::InviteOperator { .. })));
        let request = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/v1/session", "rawQueryString": "",
            "headers": {}, "isBase64Encoded": false, "body": command.to_string(),
            "requestContext": { "accountId": "1", "apiId": "a", "domainName": "d", "domainPrefix": "p",
                "requestId": "r", "routeKey": "$default", "stage": "$default", "time": "now", "timeEpoch": 1,
                "http": { "method": "POST", "path": "/v1/session", "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7", "userAgent": "u" } },
        });
        assert!(matches!(read(request.clone()).unwrap(), Invocation::Request(_)));
        let mut mixed = request;
        mixed["invite_operator"] = command["invite_operator"].clone();
        assert!(matches!(read(mixed).unwrap(), Invocation::Request(_)), "a command stands alone");
        assert!(read(json!({ "invite_operator": { "email": "ana", "name": "Ana" } })).is_err());
    }
}
