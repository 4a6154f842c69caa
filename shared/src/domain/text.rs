//! Words that people write: names, labels and notes, with what they may hold.

use std::fmt;

/// Text that its kind refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing is left after white space at the ends is taken away.
    #[error("must not be empty")]
    Empty,
    /// More characters than the kind takes.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A control character, or one that changes the direction of the text around it.
    #[error("must not contain control or text-direction characters")]
    ForbiddenCharacter,
}

/// Characters that render as nothing or turn the text around them: a name with them could pass for another.
fn is_deceptive(c: char) -> bool {
    matches!(
        c,
        '\u{AD}'
            | '\u{61C}'
            | '\u{115F}'..='\u{1160}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

/// What [`is_deceptive`] and the control characters are in a pattern of JSON Schema.
const FORBIDDEN: &str = r"\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\u0000-\u0008\u000B-\u001F";

/// The rule as a pattern of JSON Schema.
fn pattern(empty: bool, lines: bool) -> String {
    let breaks = if lines { "" } else { r"\t\n" };
    let any = format!("[^{FORBIDDEN}{breaks}]*");
    if empty { format!("^{any}$") } else { format!(r"^{any}[^\s{FORBIDDEN}]{any}$") }
}

macro_rules! text {
    ($(#[$attribute:meta])* $name:ident, $max:literal, empty: $empty:literal, lines: $lines:literal) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(try_from = "String", into = "String")]
        #[schemars(extend("minLength" = u8::from(!$empty), "maxLength" = $max, "pattern" = pattern($empty, $lines)))]
        pub struct $name(String);

        impl $name {
            /// Takes text, without white space at its ends.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                let text = text.trim();
                if !$empty && text.is_empty() {
                    return Err(InvalidText::Empty);
                }
                if text.chars().count() > $max {
                    return Err(InvalidText::TooLong($max));
                }
                if text.chars().any(|c| (c.is_control() && !($lines && matches!(c, '\n' | '\t'))) || is_deceptive(c)) {
                    return Err(InvalidText::ForbiddenCharacter);
                }
                Ok(Self(text.to_owned()))
            }

            /// The text itself.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidText;
            fn try_from(text: String) -> Result<Self, InvalidText> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }
    };
}

text!(
    /// A name of one line: 1 to 100 characters.
    Name, 100, empty: false, lines: false
);
text!(
    /// What tells one secret from another: up to 60 characters, possibly none.
    #[derive(Default)]
    Label, 60, empty: true, lines: false
);
text!(
    /// Free notes of several lines: up to 2,000 characters, possibly none.
    #[derive(Default)]
    Notes, 2_000, empty: true, lines: true
);
text!(
    /// What somebody says of a change request: 1 to 1,000 characters in several lines.
    Remark, 1_000, empty: false, lines: true
);

impl Name {
    /// What the resource is called that the management API itself is.
    pub(super) fn of_built_in() -> Self {
        Self("Countersign management API".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_keep_any_script_and_refuse_what_deceives() {
        assert_eq!(
            Name::parse("  Zürich 日本 🚀 <img onerror=x> ").unwrap().as_str(),
            "Zürich 日本 🚀 <img onerror=x>"
        );
        assert_eq!(Name::parse(" \t "), Err(InvalidText::Empty));
        assert_eq!(Name::parse("a\nb"), Err(InvalidText::ForbiddenCharacter));
        assert_eq!(Name::parse("invoice\u{202E}gpj"), Err(InvalidText::ForbiddenCharacter));
        assert_eq!(Name::parse(&"é".repeat(101)), Err(InvalidText::TooLong(100)));
        assert!(Notes::parse("one\ntwo").is_ok());
    }
}
