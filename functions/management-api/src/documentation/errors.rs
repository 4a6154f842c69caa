//! The page that every problem's `type` points to.

use std::sync::LazyLock;

use axum::response::{Html, IntoResponse};
use http::header;
use pulldown_cmark::{Options, Parser};

use super::PAGE_POLICY;

const SOURCE: &str = include_str!("../../../../docs/ERRORS.md");

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let mut page = String::from(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Errors of Countersign</title>\n\
         <link rel=\"stylesheet\" href=\"style.css\">\n</head>\n<body>\n",
    );
    let options = Options::ENABLE_HEADING_ATTRIBUTES | Options::ENABLE_TABLES;
    pulldown_cmark::html::push_html(&mut page, Parser::new_ext(SOURCE, options));
    page.push_str("</body>\n</html>\n");
    page
});

/// Serves docs/ERRORS.md as a page.
pub(crate) async fn errors() -> impl IntoResponse {
    let headers = [(header::CACHE_CONTROL, "public, max-age=300"), (header::CONTENT_SECURITY_POLICY, PAGE_POLICY)];
    (headers, Html(PAGE.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::kind::Kind;

    #[test]
    fn every_kind_of_problem_has_its_section_and_every_section_its_kind() {
        let mut sections: Vec<&str> =
            PAGE.split(" id=\"").skip(1).filter_map(|rest| rest.split_once('"')).map(|(id, _)| id).collect();
        let mut kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.anchor()).collect();
        sections.sort_unstable();
        kinds.sort_unstable();
        assert_eq!(sections, kinds);
    }
}
