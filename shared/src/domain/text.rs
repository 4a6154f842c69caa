//! Words that people write: names, labels and notes, with what they may hold.

use std::fmt;
use std::ops::RangeInclusive;

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
const DECEPTIVE: [RangeInclusive<char>; 18] = [
    '\u{AD}'..='\u{AD}',
    '\u{34F}'..='\u{34F}',
    '\u{61C}'..='\u{61C}',
    '\u{115F}'..='\u{1160}',
    '\u{17B4}'..='\u{17B5}',
    '\u{180E}'..='\u{180E}',
    '\u{200B}'..='\u{200F}',
    '\u{2028}'..='\u{202E}',
    '\u{2060}'..='\u{2069}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFA0}'..='\u{FFA0}',
    '\u{FFF9}'..='\u{FFFB}',
    '\u{FFFE}'..='\u{FFFF}',
    '\u{1D159}'..='\u{1D159}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0000}'..='\u{E007F}',
];

fn is_deceptive(c: char) -> bool {
    DECEPTIVE.iter().any(|range| range.contains(&c))
}

/// The deceptive and the control characters, but for tab and line feed, as JSON Schema has them in a class.
fn forbidden() -> String {
    let ends = DECEPTIVE.iter().flat_map(|range| [in_class(*range.start()), "-".to_owned(), in_class(*range.end())]);
    let ranges: String = ends.collect();
    format!(r"\u0000-\u0008\u000B-\u001F\u007F-\u009F{ranges}")
}

/// A character in a class of a pattern: what has no escape of four digits stands for itself.
fn in_class(c: char) -> String {
    u16::try_from(u32::from(c)).map_or_else(|_| c.to_string(), |code| format!(r"\u{code:04X}"))
}

/// The rule as a pattern of JSON Schema.
fn pattern(empty: bool, lines: bool) -> String {
    let (forbidden, breaks) = (forbidden(), if lines { "" } else { r"\t\n" });
    let any = format!("[^{forbidden}{breaks}]*");
    if empty { format!("^{any}$") } else { format!(r"^{any}[^\s{forbidden}]{any}$") }
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
            ///
            /// # Errors
            /// If the text is empty where it must not be, too long, or has a forbidden character.
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
    /// The text of a comment: 1 to 1,000 characters on one or more lines.
    CommentText, 1_000, empty: false, lines: true
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
        for nothing in ["\u{2800}", "a\u{34F}", "\u{E0041}", "\u{FFFE}"] {
            assert_eq!(Name::parse(nothing), Err(InvalidText::ForbiddenCharacter), "{nothing:?}");
        }
    }
}
