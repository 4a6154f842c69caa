//! The HTML of a mail.

use crate::text::{escaped, shortened};

/// The longest subject, in characters.
const SUBJECT: usize = 150;

/// A mail's HTML: a narrow page that a phone shows as well, without anything to load.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The title, as plain text.
    pub title: &'a str,
    /// The first paragraph, as plain text.
    pub opening: &'a str,
    /// The part between them, as HTML.
    pub body: &'a str,
    /// The last paragraph, in small print, as plain text.
    pub closing: &'a str,
}

impl Page<'_> {
    /// Writes the page.
    #[must_use]
    pub fn html(&self) -> String {
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n</head>\n\
             <body style=\"margin:0;padding:20px 12px;background:#f5f6f8;color:#1a1f27;\
             font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;font-size:15px;line-height:1.5;\
             overflow-wrap:anywhere\">\n\
             <div style=\"max-width:600px;margin:0 auto\">\n\
             <div style=\"font-size:16px;font-weight:700;color:#1a56b0\">Countersign</div>\n<p>{}</p>\n{}\
             <p style=\"color:#56606d;font-size:13px\">{}</p>\n</div>\n</body>\n</html>\n",
            escaped(self.title),
            escaped(self.opening),
            self.body,
            escaped(self.closing),
        )
    }
}

/// Returns a name and a value, both plain text of possibly several lines, as a paragraph.
#[must_use]
pub fn fact(name: &str, value: &str) -> String {
    format!(
        "<p style=\"margin:8px 0\"><span style=\"color:#56606d;font-size:13px\">{}</span><br>{}</p>\n",
        escaped(name),
        escaped(value).replace('\n', "<br>"),
    )
}

/// The one thing to do, as a link that looks like a button; `label` is plain text.
#[must_use]
pub fn button(url: &str, label: &str) -> String {
    format!(
        "<a href=\"{}\" target=\"_blank\" rel=\"noopener\" style=\"display:inline-block;padding:9px 16px;border-radius:6px;\
         background:#1d5fbf;color:#ffffff;font-weight:600;text-decoration:none\">{}</a>",
        escaped(url),
        escaped(label),
    )
}

/// A subject in which no line can end, with an ellipsis where it is long.
#[must_use]
pub fn subject_line(text: &str) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(&line, SUBJECT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_of_a_readable_length() {
        assert_eq!(subject_line("ends\r\nBcc: eve@evil.example"), "ends  Bcc: eve@evil.example");
        let long = subject_line(&"ä".repeat(200));
        assert_eq!(long.chars().count(), SUBJECT + 1);
        assert!(long.ends_with('\u{2026}'));
    }

    #[test]
    fn a_page_escapes_all_but_its_body() {
        let page = Page { title: "<t>", opening: "a & b", body: "<hr>\n", closing: "\"c\"" }.html();
        for part in ["<title>&lt;t&gt;</title>", "<p>a &amp; b</p>\n<hr>\n", "&quot;c&quot;</p>"] {
            assert!(page.contains(part), "{part} in {page}");
        }
    }
}
