//! When the keys of a set may change places: so that no good token is ever refused, whatever copy of the public keys its
//! reader holds.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::algorithm::SigningAlgorithm;
use super::document::KeyGenerationError;
use super::key_set::{Key, KeySet};
use crate::domain::time::{TokenLifetime, plus_seconds};

/// How long a key is published, at least, before it signs, and how long it stays published, at least, after it has
/// signed, in seconds.
pub const PUBLISHED_SECONDS: i64 = 24 * 3_600;
/// How long after it was made a key set may become the current one, in seconds: a rotation takes seconds, and one that
/// was interrupted for longer begins anew, because it would say of its next key that it is older than it is.
pub const PENDING_SECONDS: i64 = 3_600;
/// How long a process that cannot read the keys again goes on signing and verifying with what it has, in seconds.
pub const UNREAD_SECONDS: i64 = 12 * 3_600;
/// How long a reader of the public keys may hold a copy, in seconds: API Gateway does for two hours.
pub const COPY_SECONDS: i64 = 2 * 3_600;

// Whoever reads the keys has a key before it signs: the process that it asked may be behind, and then its own copy.
const _: () = assert!(UNREAD_SECONDS + COPY_SECONDS < PUBLISHED_SECONDS);
// The last token of a key ends before the key does, and so does every copy that was made meanwhile.
const _: () = assert!(UNREAD_SECONDS + TokenLifetime::RANGE.1 + COPY_SECONDS < PUBLISHED_SECONDS);

impl KeySet {
    /// From when on this set may be rotated: its next key was then published for long enough to sign, and its previous
    /// key has outlived every token that it signed.
    ///
    /// Next was made in the rotation that made previous what it is, or in a later one that replaced a dropped key.
    #[must_use]
    pub fn rotatable_from(&self) -> Timestamp {
        plus_seconds(self.next.created_at(), PENDING_SECONDS + PUBLISHED_SECONDS)
    }

    /// Until when this set may become the current one.
    #[must_use]
    pub fn pending_until(&self) -> Timestamp {
        plus_seconds(self.next.created_at(), PENDING_SECONDS)
    }

    /// Whether a rotation makes this set of `before`, or, where there is none, whether it is a first one.
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

    /// The set without the keys of these names: what comes behind moves up, and what is then missing is made at `now`.
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
