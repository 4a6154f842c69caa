//! `GET /v1/audit/export`: a trail as a file, page by page.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};
use schemars::JsonSchema;
use shared::domain::event::Trail;
use shared::store::Cursor;
use shared::store::audit::AuditTrail;

use super::filter::EventFilter;
use super::representation::EventJson;
use super::scan::{Budget, Enough, scan};
use super::trail::AskedTrail;
use crate::app::Management;
use crate::app::caller::Caller;
use crate::app::error::ApiError;
use crate::http::query::{Parameters, Query, ReadQuery};

/// Maximum number of events that one page reads.
const READS: usize = 5_000;
/// Size at which a page ends, in bytes. Lambda returns up to 6 MB, in which every quote of the text counts twice.
const PAGE_BYTES: usize = 2 * 1024 * 1024;

const COLUMNS: [&str; 13] = [
    "sequence",
    "at",
    "actor_type",
    "actor_id",
    "actor_email",
    "action",
    "target_type",
    "target",
    "source",
    "request_id",
    "changes",
    "hash",
    "previous_hash",
];

/// The file format of an exported trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Format {
    /// RFC 4180.
    Csv,
    /// One JSON object per line.
    Jsonl,
}

/// The events to export, and their format.
#[derive(Debug, JsonSchema)]
pub(crate) struct ExportQuery {
    #[schemars(flatten)]
    trail: AskedTrail,
    #[schemars(flatten)]
    filter: EventFilter,
    /// The file format.
    #[schemars(with = "Option<Format>", extend("default" = "csv"))]
    format: Format,
    /// The start of the page, from the `Link` header of the previous one.
    #[schemars(with = "Option<String>")]
    cursor: Option<Cursor>,
    /// The full query as sent, for the link to the next page.
    #[schemars(skip)]
    text: String,
}

impl ReadQuery for ExportQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let trail = AskedTrail::read(parameters);
        let filter = EventFilter::read(parameters);
        let format = parameters.parsed("format", |text| match text {
            "csv" => Ok(Format::Csv),
            "jsonl" => Ok(Format::Jsonl),
            _ => Err("must be `csv` or `jsonl`"),
        });
        let cursor = parameters.parsed("cursor", AuditTrail::cursor);
        Self { trail, filter, format: format.unwrap_or(Format::Csv), cursor, text: parameters.query().to_owned() }
    }
}

/// Exports a page of the file. If there are more, `Link` leads to the next one; all pages in order are the whole file.
pub(crate) async fn export(
    State(app): State<Arc<Management>>,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Result<Response, ApiError> {
    let trail = query.trail.open(&app, &caller).await?;
    let mut file = match query.format {
        Format::Csv => File::csv(query.cursor.is_none()),
        Format::Jsonl => File::Jsonl(Vec::new()),
    };
    let budget = Budget { reads: READS, finds: READS };
    let next = scan(&app.trail, &trail, &query.filter, query.cursor, budget, |event| {
        if file.add(&event.into()) >= PAGE_BYTES { Enough::Yes } else { Enough::No }
    })
    .await?;
    let name = match &trail {
        Trail::Organization(key) => key.as_str(),
        Trail::Platform => "platform",
    };
    let (media_type, extension) = match query.format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Jsonl => ("application/jsonl", "jsonl"),
    };
    let disposition = format!("attachment; filename=\"audit-{name}.{extension}\"");
    let headers = [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, &disposition)];
    let mut response = (headers, file.finish()).into_response();
    if let Some(next) = next {
        let link = format!("<{}>; rel=\"next\"", next_page(&app, &query.text, &next));
        // the query is encoded again, so this is always a valid header value
        response.headers_mut().extend(HeaderValue::try_from(link).ok().map(|link| (header::LINK, link)));
    }
    Ok(response)
}

/// Returns the URL of the same query, starting at `next`.
fn next_page(app: &Management, query: &str, next: &Cursor) -> String {
    let kept = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name != "cursor");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair("cursor", &next.encode())
        .finish();
    app.issuer.url(&format!("/v1/audit/export?{query}"))
}

enum File {
    Csv(Box<csv::Writer<Vec<u8>>>),
    Jsonl(Vec<u8>),
}

impl File {
    fn csv(with_header: bool) -> Self {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        if with_header {
            written(writer.write_record(COLUMNS));
        }
        Self::Csv(Box::new(writer))
    }

    /// Adds an event and returns the approximate size of the file.
    fn add(&mut self, event: &EventJson) -> usize {
        match self {
            Self::Csv(writer) => {
                written(writer.write_record(cells(event)));
                writer.get_ref().len()
            }
            Self::Jsonl(text) => {
                text.extend(serde_json::json!(event).to_string().into_bytes());
                text.push(b'\n');
                text.len()
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Csv(writer) => writer.into_inner().unwrap_or_default(),
            Self::Jsonl(text) => text,
        }
    }
}

/// Logs an error that is not expected: writing to memory does not fail, and all records have the same number of fields.
fn written(result: csv::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "a CSV record was not written");
    }
}

fn cells(event: &EventJson) -> [String; COLUMNS.len()] {
    let (target_type, target) = event.target.cells();
    [
        event.sequence.to_string(),
        event.at.to_string(),
        event.actor.r#type.as_str().to_owned(),
        event.actor.id.clone().unwrap_or_default(),
        event.actor.email.clone().unwrap_or_default(),
        event.action.to_owned(),
        target_type.to_owned(),
        target,
        event.source.map(|source| source.to_string()).unwrap_or_default(),
        event.request_id.to_string(),
        serde_json::json!(event.changes).to_string(),
        event.hash.clone(),
        event.previous_hash.clone(),
    ]
    .map(inert)
}

/// Escapes a cell that a spreadsheet would read as a formula.
fn inert(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{cell}") } else { cell }
}
