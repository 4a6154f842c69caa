//! The document: one operation for each route.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use http::{Method, StatusCode};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use shared::domain::machine::scope_of;
use shared::http::problem::MEDIA_TYPE;

use super::{Content, DEFINITIONS, Reads, ResponseHeader, Success, header};
use crate::app::access::Access;
use crate::http::cookie;
use crate::http::idempotency::MAX_KEY;
use crate::http::kind::Kind;
use crate::http::path::{CLIENT_ID, ME};
use crate::http::route::Route;

const DESCRIPTION: &str = "Manage organizations, clients and their secrets.\n\n\
    **People** sign in with `POST /v1/session`, which sets a session cookie. Requests that change something must come \
    from the deployment's own origin: browsers send `Sec-Fetch-Site: same-origin`; other programs set `Origin` to the \
    origin of the server URL.\n\n\
    **Machines** send an access token for the resource `countersign` as `Authorization: Bearer`. They need neither a \
    cookie, an origin nor a one-time password, and can use `@me` in place of their own client_id.\n\n\
    Lists are paged: pass `next_cursor` as `cursor` to get the next page. Every response has an `X-Request-Id`. Every \
    error is a problem (RFC 9457) whose `type` links to its documentation.";

/// Builds the document without its server, which depends on the deployment. `waiting` is the response body of a change
/// that needs approval.
pub(super) fn build(routes: &[Route], waiting: Content) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut reads = Reads::nothing();
    let mut settings = SchemaSettings::draft2020_12().for_serialize();
    settings.definitions_path = DEFINITIONS.into();
    let mut answers = settings.into_generator();
    for route in routes {
        let operation = operation(route, waiting, &mut reads, &mut answers);
        paths.entry(route.path).or_default().insert(route.method.as_str().to_ascii_lowercase(), operation);
    }
    let mut schemas = answers.take_definitions(true);
    schemas.extend(reads.schemas.take_definitions(true));
    schemas.insert("Problem".to_owned(), problem());
    schemas.values_mut().for_each(drop_null_defaults);
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Countersign management API", "version": env!("CARGO_PKG_VERSION"), "description": DESCRIPTION },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "headers": header::components(),
            "securitySchemes": { "session": {
                "type": "apiKey", "in": "cookie", "name": cookie::NAME, "description": "The session cookie, set by `POST /v1/session`.",
            }, "token": {
                "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
                "description": "An access token (RFC 9068) for the resource `countersign`, from the token endpoint.",
            } },
        },
    })
}

fn operation(route: &Route, waiting: Content, reads: &mut Reads, answers: &mut SchemaGenerator) -> Value {
    (reads.path, reads.parameters, reads.body, reads.optional, reads.kinds) = Default::default();
    (route.reads)(reads);
    let names = route.path.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name);
    let path = names.zip(&reads.path).map(|(name, schema)| {
        let mine = name == CLIENT_ID && route.access.is_for_machines();
        let schema = if mine { json!({ "anyOf": [schema, { "const": ME }] }) } else { json!(schema) };
        json!({ "name": name, "in": "path", "required": true, "schema": schema })
    });
    let key = route.idempotent.then(idempotency_key);
    let parameters: Vec<Value> = path.chain(reads.parameters.drain(..)).chain(key).collect();
    let mut operation = json!({
        "operationId": route.name.replace("::", "_"),
        "tags": [route.name.split("::").next().unwrap_or_default()],
        "summary": route.summary,
        "description": needs(route),
        "parameters": parameters,
        "responses": responses(route, waiting, &reads.kinds, answers),
    });
    if let Some(members) = operation.as_object_mut() {
        if let Some(level) = route.access.level() {
            members.insert("x-scope".to_owned(), json!(scope_of(level)));
        }
        if let Some(body) = reads.body.take() {
            let content = json!({ "application/json": { "schema": body } });
            members.insert("requestBody".to_owned(), json!({ "required": !reads.optional, "content": content }));
        }
        if let Some(privilege) = route.access.privilege() {
            members.insert("x-privilege".to_owned(), json!(privilege.as_str()));
        }
        members.insert("x-step-up".to_owned(), json!(route.step_up));
        members.insert("security".to_owned(), security(route.access));
    }
    operation
}

/// Returns the supported authentication schemes.
fn security(access: Access) -> Value {
    let person = (access != Access::Public && access.is_for_people()).then(|| json!({ "session": [] }));
    let machine = access.level().map(|level| json!({ "token": [scope_of(level)] }));
    person.into_iter().chain(machine).collect()
}

fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header",
        "description": "Identifies the request. Repeating it within 24 hours has no further effect.",
        "schema": { "type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[ -~]+$" },
    })
}

fn needs(route: &Route) -> String {
    let mut needs = match route.access {
        Access::Public => "Requires no authentication.".to_owned(),
        Access::SignedIn => "Requires a session.".to_owned(),
        Access::Privilege(privilege) => format!("Requires the privilege `{privilege}`."),
        Access::Person(privilege) => {
            format!("Requires a session with the privilege `{privilege}`. Not available to machines.")
        }
        Access::Machine(privilege) => {
            format!("Requires an access token with the privilege `{privilege}`. Not available to people.")
        }
    };
    if let Some(level) = route.access.level() {
        let _ = write!(needs, " Machines need the scope `{}`.", scope_of(level));
    }
    if !route.also_requires.is_empty() {
        let _ = write!(needs, " {}", route.also_requires);
    }
    if route.step_up {
        needs.push_str(
            " People need a one-time password entered within the last 5 minutes: see `POST /v1/session/step-up`.",
        );
    }
    needs
}

/// Returns all problems of a route: from its access check, its inputs, its operation, and outages.
fn kinds(route: &Route, reads: &[Kind]) -> Vec<Kind> {
    let mut kinds = vec![Kind::InternalError, Kind::Unavailable];
    if route.access != Access::Public {
        // machines are distinguished from people, and the kind without access is refused
        let told_apart = [Kind::NotSignedIn, Kind::SessionEnded, Kind::InvalidToken, Kind::MultipleCredentials];
        kinds.extend(told_apart);
        kinds.extend([Kind::MissingPrivilege, Kind::TooManyRequests]);
        kinds.extend(route.access.is_for_people().then_some(Kind::OrganizationSuspended));
    }
    if route.step_up {
        kinds.push(Kind::InsufficientUserAuthentication);
    }
    if route.method != Method::GET {
        kinds.extend([Kind::CrossOrigin, Kind::Conflict]);
    }
    if route.idempotent {
        kinds.extend([Kind::AlreadyCreated, Kind::IdempotencyKeyReused, Kind::InvalidRequest, Kind::BodyTooLarge]);
        kinds.push(Kind::MalformedBody);
    }
    kinds.extend(reads);
    kinds.extend(route.problems);
    kinds
}

fn responses(route: &Route, waiting: Content, reads: &[Kind], answers: &mut SchemaGenerator) -> Value {
    let Success { status, content } = route.success;
    let mut success =
        json!({ "description": route.summary, "headers": header::references(route.headers.iter().copied()) });
    if let (Some(content), Some(members)) = (body(content, answers), success.as_object_mut()) {
        members.insert("content".to_owned(), content);
    }
    let mut responses = Map::new();
    responses.insert(status.as_str().to_owned(), success);
    if route.may_need_approval {
        responses.insert(StatusCode::ACCEPTED.as_str().to_owned(), accepted(waiting, answers));
    }
    let refused = kinds(route, reads);
    for kind in Kind::ALL.iter().filter(|kind| refused.contains(kind)) {
        let status = kind.status();
        let alike: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|other| other.status() == status && refused.contains(other)).collect();
        responses.insert(status.as_str().to_owned(), refusal(&alike, refused_with(route, status, &alike)));
    }
    Value::Object(responses)
}

/// Returns the response of a route whose change needs approval.
fn accepted(waiting: Content, answers: &mut SchemaGenerator) -> Value {
    json!({
        "description": "The organization requires approval (`multi_admin`): the change request is pending.",
        "headers": header::references([ResponseHeader::Location]),
        "content": body(waiting, answers),
    })
}

fn body(content: Content, answers: &mut SchemaGenerator) -> Option<Value> {
    match content {
        Content::Nothing => None,
        Content::Json(schema) => Some(json!({ "application/json": { "schema": schema(answers) } })),
        Content::Text(media_types) => {
            let text = |media_type: &&str| ((*media_type).to_owned(), json!({ "schema": { "type": "string" } }));
            Some(Value::Object(media_types.iter().map(text).collect()))
        }
    }
}

/// Returns the headers of a refusal.
fn refused_with(route: &Route, status: StatusCode, kinds: &[Kind]) -> Vec<ResponseHeader> {
    match status {
        StatusCode::UNAUTHORIZED if kinds.contains(&Kind::SessionEnded) => {
            vec![ResponseHeader::WwwAuthenticate, ResponseHeader::SetCookie]
        }
        StatusCode::UNAUTHORIZED => vec![ResponseHeader::WwwAuthenticate],
        StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN if route.access != Access::Public => {
            vec![ResponseHeader::WwwAuthenticate]
        }
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => vec![ResponseHeader::RetryAfter],
        _ => Vec::new(),
    }
}

/// Returns the response for a status that covers these kinds of problem.
fn refusal(kinds: &[Kind], headers: Vec<ResponseHeader>) -> Value {
    let links: Vec<String> =
        kinds.iter().map(|kind| format!("[{}](docs/errors#{})", kind.title(), kind.anchor())).collect();
    let anchors: Vec<&str> = kinds.iter().map(|kind| kind.anchor()).collect();
    let one_of_them = json!({ "type": "string", "pattern": format!("#({})$", anchors.join("|")) });
    json!({
        "description": links.join("; "),
        "headers": header::references(headers),
        "x-problems": anchors,
        "content": { MEDIA_TYPE: { "schema": {
            "allOf": [{ "$ref": "#/components/schemas/Problem" }, { "properties": { "type": one_of_them } }]
        } } },
    })
}

fn problem() -> Value {
    json!({
        "type": "object",
        "description": "An error (RFC 9457).",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": { "type": "string", "format": "uri", "description": "The kind of error: the URL of its documentation." },
            "title": { "type": "string", "description": "The kind of error in a few words." },
            "status": { "type": "integer", "description": "The HTTP status code." },
            "detail": { "type": "string", "description": "An explanation of this occurrence." },
            "request_id": { "type": "string", "description": "The request id, as in the log." },
            "errors": {
                "type": "array",
                "description": "The invalid fields.",
                "items": {
                    "type": "object",
                    "required": ["field", "message"],
                    "properties": { "field": { "type": "string" }, "message": { "type": "string" } },
                },
            },
        },
    })
}

/// Removes null defaults: serde's default for an optional field is null even if null itself is rejected.
fn drop_null_defaults(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("default") == Some(&Value::Null) {
                members.remove("default");
            }
            members.values_mut().for_each(drop_null_defaults);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null_defaults),
        _ => {}
    }
}
