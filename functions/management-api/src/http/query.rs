//! Query parameters, mainly those of lists. Unknown ones are ignored, invalid ones rejected.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use http::request::Parts;
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::id::OrganizationKey;
use shared::http::problem::FieldError;
use shared::store::{Cursor, InvalidCursor, Page};

use crate::app::error::ApiError;

const DEFAULT_LIMIT: i32 = 50;
const MAX_LIMIT: i32 = 100;

/// The query of a request, read as a `T`.
pub(crate) struct Query<T>(pub(crate) T);

/// The query parameters of a handler.
pub(crate) trait ReadQuery: JsonSchema {
    /// Reads each parameter; all errors are reported together afterwards.
    fn read(parameters: &mut Parameters<'_>) -> Self;
}

impl<T: ReadQuery, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        parse(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn parse<T: ReadQuery>(query: &str) -> Result<T, ApiError> {
    let mut parameters = Parameters::of(query);
    let read = T::read(&mut parameters);
    parameters.finish(read)
}

/// The requested part of a list.
#[derive(Debug, JsonSchema)]
pub(crate) struct ListQuery {
    /// The maximum number of entries.
    #[schemars(with = "Option<i32>", range(min = 1, max = MAX_LIMIT), extend("default" = DEFAULT_LIMIT))]
    pub(crate) limit: i32,
    /// The organization. Operators must set it; for others it is their own.
    pub(crate) organization: Option<OrganizationKey>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// The requested organization.
#[derive(Debug, JsonSchema)]
pub(crate) struct OrganizationQuery {
    /// The organization. Operators must set it; for others it is their own.
    pub(crate) organization: Option<OrganizationKey>,
}

/// A page of a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}Page")]
pub(crate) struct PageJson<T> {
    /// The entries of this page.
    pub(crate) items: Vec<T>,
    /// The `cursor` of the next page; null on the last page.
    pub(crate) next_cursor: Option<String>,
}

impl<T> PageJson<T> {
    /// Converts a stored page to a response.
    pub(crate) fn of<U: Into<T>>(page: Page<U>) -> Self {
        Self::map(page, Into::into)
    }

    /// Converts a stored page, with each entry rendered by `render`.
    pub(crate) fn map<U>(page: Page<U>, render: impl FnMut(U) -> T) -> Self {
        let next_cursor = page.next.as_ref().map(Cursor::encode);
        Self { items: page.items.into_iter().map(render).collect(), next_cursor }
    }
}

impl ListQuery {
    /// Returns the start of the page; `check` validates the cursors of the list.
    pub(crate) fn cursor(
        &self,
        check: impl Fn(&str) -> Result<Cursor, InvalidCursor>,
    ) -> Result<Option<Cursor>, ApiError> {
        let cursor = self.cursor.as_deref().map(check).transpose();
        cursor.map_err(|error| ApiError::invalid("cursor", error.to_string()))
    }
}

/// The parameters of a query, read one by one. All errors are reported together.
pub(crate) struct Parameters<'a> {
    query: &'a str,
    given: BTreeMap<Cow<'a, str>, Vec<Cow<'a, str>>>,
    wrong: Vec<FieldError>,
}

impl<'a> Parameters<'a> {
    fn of(query: &'a str) -> Self {
        let mut given = BTreeMap::<_, Vec<_>>::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            given.entry(name).or_default().push(value);
        }
        Self { query, given, wrong: Vec::new() }
    }

    /// Returns the query as sent.
    pub(crate) fn query(&self) -> &'a str {
        self.query
    }

    /// Reads a parameter as text, which can be given only once.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.given.remove(name)?;
        let value = values.pop()?;
        if !values.is_empty() {
            self.refuse(name, "is given twice");
        }
        Some(value.into_owned())
    }

    /// Reads a parameter with `parse`.
    pub(crate) fn parsed<T, E: Display>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.text(name)?;
        parse(&text).map_err(|error| self.refuse(name, error.to_string())).ok()
    }

    /// Reads an integer within limits.
    pub(crate) fn number(&mut self, name: &str, range: RangeInclusive<i32>) -> Option<i32> {
        let message = format!("must be a whole number from {} to {}", range.start(), range.end());
        self.parsed(name, |text| text.parse().ok().filter(|number| range.contains(number)).ok_or(message))
    }

    /// Reads a parameter that is `true` or `false`; false by default.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, |text| text.parse::<bool>().map_err(|_| "must be true or false")).unwrap_or_default()
    }

    /// Records that a parameter is invalid.
    pub(crate) fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.wrong.push(FieldError { field: name.to_owned(), message: message.into() });
    }

    /// Returns the result, or an error if any parameter is invalid.
    fn finish<T>(self, made: T) -> Result<T, ApiError> {
        if self.wrong.is_empty() { Ok(made) } else { Err(ApiError::Invalid(self.wrong)) }
    }
}

impl ReadQuery for ListQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        let cursor = parameters.text("cursor");
        let limit = parameters.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
        let organization = parameters.parsed("organization", str::parse);
        Self { limit, organization, cursor }
    }
}

impl ReadQuery for OrganizationQuery {
    fn read(parameters: &mut Parameters<'_>) -> Self {
        Self { organization: parameters.parsed("organization", str::parse) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_parameters_are_named_together_and_unknown_ones_ignored() {
        assert_eq!(parse::<ListQuery>("").unwrap().limit, 50);
        let query = parse::<ListQuery>("limit=100&colour=red&organization=acme").unwrap();
        assert_eq!((query.limit, query.organization.unwrap().as_str()), (100, "acme"));
        let ApiError::Invalid(errors) = parse::<ListQuery>("limit=0&organization=Acme&cursor=a&cursor=b").unwrap_err()
        else {
            panic!("another error")
        };
        assert_eq!(
            errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(),
            ["cursor", "limit", "organization"]
        );
        for limit in ["101", "-1", "1.5", "", "99999999999"] {
            assert!(parse::<ListQuery>(&format!("limit={limit}")).is_err(), "{limit}");
        }
    }
}
