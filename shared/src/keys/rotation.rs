//! The timing of rotations: no valid token is ever refused, whatever copy of the public keys its verifier has.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::algorithm::SigningAlgorithm;
use super::document::KeyGenerationError;
use super::key_set::{Key, KeySet};
use crate::domain::time::{TokenLifetime, plus_seconds};

/// The shortest time that a key is published before it signs, and after it has signed, in seconds.
pub const PUBLISHED_SECONDS: i64 = 24 * 3_600;
/// The longest time from the creation of a key set until it becomes current, in seconds. A rotation takes seconds; one
/// that was interrupted for longer starts anew, since its next key would be published for less time than its age says.
pub const PENDING_SECONDS: i64 = 3_600;
/// The longest time that a process continues to use keys that it cannot read again, in seconds.
pub const UNREAD_SECONDS: i64 = 12 * 3_600;
/// The longest time that a verifier keeps its copy of the public keys, in seconds: API Gateway keeps it for two hours.
pub const COPY_SECONDS: i64 = 2 * 3_600;

// Whoever reads the keys has a key before it signs: the process that it asked may be behind, and then its own copy.
const _: () = assert!(UNREAD_SECONDS + COPY_SECONDS < PUBLISHED_SECONDS);
// The last token of a key ends before the key does, and so does every copy that was made meanwhile.
const _: () = assert!(UNREAD_SECONDS + TokenLifetime::RANGE.1 + COPY_SECONDS < PUBLISHED_SECONDS);

impl KeySet {
    /// The earliest time of the next rotation: the next key was then published for long enough to sign, and every token
    /// of the previous key has expired.
    ///
    /// The next key was generated in the rotation that made the previous key previous, or later in place of a dropped key.
    #[must_use]
    pub fn rotatable_from(&self) -> Timestamp {
        plus_seconds(self.next.created_at(), PENDING_SECONDS + PUBLISHED_SECONDS)
    }

    /// The time until which this set may become current.
    #[must_use]
    pub fn pending_until(&self) -> Timestamp {
        plus_seconds(self.next.created_at(), PENDING_SECONDS)
    }

    /// Checks that a rotation of `before` gives this set, or, where there is none, that this is a first set.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let previous = self.previous.as_ref().map(Key::kid);
        match before {
            None => previous.is_none(),
            Some(before) => {
                self.current.kid() == before.next.kid()
                    && previous == Some(before.current.kid())
                    && before.iter().all(|key| key.kid() != self.next.kid())
            }
        }
    }

    /// The set without the keys with these `kid`s: the following keys move up, and missing ones are generated at `now`.
    ///
    /// # Errors
    /// Where the cryptographic library fails.
    pub fn without(
        self,
        dropped: &BTreeSet<String>,
        algorithm: SigningAlgorithm,
        now: Timestamp,
    ) -> Result<Self, KeyGenerationError> {
        let kept = |key: &Key| !dropped.contains(key.kid());
        let previous = self.previous.filter(kept);
        let mut signing = [self.current, self.next].into_iter().filter(kept);
        let mut kept_or_made = || signing.next().map_or_else(|| Key::generate(algorithm, now), Ok);
        Ok(Self { current: kept_or_made()?, next: kept_or_made()?, previous })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::at;

    const ALGORITHM: SigningAlgorithm = SigningAlgorithm::EdDsa;

    fn rotated_once() -> KeySet {
        KeySet::generate(ALGORITHM, at(0)).unwrap().rotated(ALGORITHM, at(60)).unwrap()
    }

    fn copy(keys: &KeySet) -> KeySet {
        KeySet::from_json(&keys.to_json()).unwrap()
    }

    fn kids(keys: &KeySet) -> [Option<String>; 3] {
        let kid = |key: &Key| key.kid().to_owned();
        [Some(kid(&keys.current)), Some(kid(&keys.next)), keys.previous.as_ref().map(kid)]
    }

    #[test]
    fn a_set_follows_only_the_one_that_it_was_made_of() {
        let before = rotated_once();
        let after = copy(&before).rotated(ALGORITHM, at(120)).unwrap();
        assert!(after.follows(Some(&before)));
        assert!(!before.follows(Some(&after)) && !before.follows(Some(&before)) && !after.follows(None));
        let sibling = copy(&before).rotated(ALGORITHM, at(120)).unwrap();
        assert!(!sibling.follows(Some(&after)));
        let first = KeySet::generate(ALGORITHM, at(0)).unwrap();
        assert!(first.follows(None) && !first.follows(Some(&before)));
        let older = KeySet { next: copy(&before).previous.unwrap(), ..after };
        assert!(!older.follows(Some(&before)), "a key never comes back");
    }

    #[test]
    fn a_set_may_be_rotated_a_day_and_an_hour_after_its_next_key_was_made() {
        let keys = rotated_once();
        assert_eq!(keys.pending_until(), at(60 + 3_600));
        assert_eq!(keys.rotatable_from(), at(60 + 25 * 3_600));
    }

    #[test]
    fn what_is_dropped_is_gone_and_what_comes_behind_moves_up() {
        let keys = rotated_once();
        let [current, next, previous] = kids(&keys);
        let without = |places: &[&Option<String>]| {
            let dropped = places.iter().filter_map(|kid| (*kid).clone()).collect();
            kids(&copy(&keys).without(&dropped, ALGORITHM, at(120)).unwrap())
        };

        let after = without(&[&current]);
        assert!(after[0] == next && after[2] == previous && ![&current, &next].contains(&&after[1]));
        let after = without(&[&next]);
        assert!(after[0] == current && after[2] == previous && ![&current, &next].contains(&&after[1]));
        assert_eq!(without(&[&previous]), [current.clone(), next.clone(), None]);
        let after = without(&[&current, &next, &previous]);
        assert!(after[2].is_none() && after.iter().flatten().all(|kid| !kids(&keys).contains(&Some(kid.clone()))));
        assert_eq!(without(&[]), kids(&keys));
    }
}
