//! What signs when: keys in the order in which they take over.

use std::sync::Arc;

use scopegate_core::{clock::Timestamp, mint::Minter};

/// Each key from its moment on. The first signs ahead of its time where nothing else can.
#[derive(Clone, Default)]
pub struct Timeline(Vec<(Timestamp, Arc<Minter>)>);

impl Timeline {
    /// A timeline of these keys, in the order of their moments.
    pub const fn new(keys: Vec<(Timestamp, Arc<Minter>)>) -> Self {
        Self(keys)
    }

    /// What signs at that moment; `None` where there is no key at all.
    pub fn at(&self, now: Timestamp) -> Option<&Arc<Minter>> {
        self.between(now, now).next()
    }

    /// Since when that signs which signs at that moment, and from when the next one does.
    pub fn around(&self, now: Timestamp) -> Option<(Timestamp, Option<Timestamp>)> {
        let begun = self.0.iter().rposition(|(from, _)| *from <= now).unwrap_or(0);
        let (since, _) = self.0.get(begun)?;
        let next = self.0.get(begun + 1..)?.iter().map(|(from, _)| *from).find(|from| *from > now);
        Some((*since, next))
    }

    /// What signs at some time from `now` to `until`.
    pub fn between(&self, now: Timestamp, until: Timestamp) -> impl Iterator<Item = &Arc<Minter>> {
        let begun = self.0.iter().rposition(|(from, _)| *from <= now).unwrap_or(0);
        let next = self.0.iter().enumerate().skip(begun);
        next.take_while(move |(at, (from, _))| *at == begun || *from <= until)
            .map(|(_, (_, minter))| minter)
    }
}

#[cfg(test)]
mod tests {
    use scopegate_core::key::SharedKeys;

    use super::*;

    const fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn the_last_key_that_has_begun_signs_or_else_the_first() {
        let minter = |n: usize| {
            let keys = SharedKeys::parse(format!("{n:064}").as_bytes()).unwrap();
            Arc::new(Minter::hs256(keys.signing()))
        };
        let keys = [minter(0), minter(1), minter(2)];
        let timeline = Timeline::new(
            [10, 20, 30]
                .into_iter()
                .zip(&keys)
                .map(|(from, key)| (at(from), key.clone()))
                .collect(),
        );
        let places = |from: i64, until: i64| -> Vec<usize> {
            let place = |minter: &Arc<Minter>| keys.iter().position(|k| Arc::ptr_eq(k, minter));
            timeline.between(at(from), at(until)).filter_map(place).collect()
        };
        for (from, until, expected) in [
            (0, 0, &[0][..]),
            (0, 20, &[0, 1]),
            (10, 19, &[0]),
            (20, 20, &[1]),
            (25, 99, &[1, 2]),
            (99, 99, &[2]),
        ] {
            assert_eq!(places(from, until), expected, "{from} to {until}");
        }
        assert!(Timeline::default().at(at(0)).is_none());
    }
}
