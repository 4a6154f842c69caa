//! What a change request is at one instant, and the words for it.

/// What a change request is at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It waits for a decision.
    Pending,
    /// It was approved, and made.
    Approved,
    /// It was approved, and its secret waits to be collected.
    Collectable,
    /// Its secret was made and shown.
    Collected,
    /// It was rejected.
    Rejected,
    /// It was taken back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
    /// It was approved, but its secret was not collected in time.
    Lapsed,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Pending,
        Self::Approved,
        Self::Collectable,
        Self::Collected,
        Self::Rejected,
        Self::Withdrawn,
        Self::Expired,
        Self::Lapsed,
    ];

    /// The word of this standing in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Collectable => "collectable",
            Self::Collected => "collected",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
        }
    }

    /// The standing that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.as_str() == word)
    }
}
