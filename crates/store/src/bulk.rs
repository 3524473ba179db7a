//! Statements about many rows at once. There is a text for some numbers of rows, and any number is
//! made of a few of these, so that they stay prepared.

use std::sync::OnceLock;

use sqlx::{
    Any,
    any::{AnyArguments, AnyRow},
    query::Query,
};

use crate::{Connection, StoreError};

/// A statement to which rows are bound, one after the other.
pub(crate) type Binding<'q> = Query<'q, Any, AnyArguments>;

const SIZES: [usize; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/// A statement around a list of rows.
pub(crate) struct Bulk {
    before: &'static str,
    columns: usize,
    after: &'static str,
    texts: [OnceLock<String>; SIZES.len()],
}

impl Bulk {
    /// A statement of `before`, `VALUES` of rows with so many columns, and `after`.
    pub(crate) const fn new(before: &'static str, columns: usize, after: &'static str) -> Self {
        Self { before, columns, after, texts: [const { OnceLock::new() }; SIZES.len()] }
    }

    /// Runs it for all rows, in as few statements as that takes, and gives back what it returns.
    pub(crate) async fn run<T>(
        &'static self,
        conn: &mut Connection,
        rows: &[T],
        bind: impl for<'q> Fn(Binding<'q>, &T) -> Binding<'q>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let (mut rest, mut returned) = (rows, Vec::new());
        while let Some((statement, some, others)) = self.take(rest) {
            let query = some.iter().fold(sqlx::query(statement), &bind);
            returned.extend(query.fetch_all(&mut *conn).await?);
            rest = others;
        }
        Ok(returned)
    }

    /// The next rows that a statement is for, that statement, and the rows that are left.
    fn take<'a, T>(&'static self, rows: &'a [T]) -> Option<(&'static str, &'a [T], &'a [T])> {
        let at = SIZES.iter().rposition(|size| *size <= rows.len())?;
        let (some, rest) = rows.split_at(SIZES[at]);
        Some((self.texts[at].get_or_init(|| self.text(SIZES[at])), some, rest))
    }

    fn text(&self, size: usize) -> String {
        let rows: Vec<_> = (0..size).map(|row| self.row(row * self.columns)).collect();
        format!("{} VALUES {} {}", self.before, rows.join(", "), self.after)
    }

    fn row(&self, after: usize) -> String {
        let places: Vec<_> = (1..=self.columns).map(|n| format!("${}", after + n)).collect();
        format!("({})", places.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static PAIRS: Bulk = Bulk::new("INSERT INTO pairs", 2, "RETURNING a");

    #[test]
    fn any_number_of_rows_is_made_of_a_few_statements() {
        for (rows, expected) in
            [(0, vec![]), (1, vec![1]), (7, vec![6, 1]), (95, vec![32, 32, 24, 6, 1])]
        {
            let all = vec![(); rows];
            let (mut rest, mut sizes) = (all.as_slice(), Vec::new());
            while let Some((_, some, others)) = PAIRS.take(rest) {
                sizes.push(some.len());
                rest = others;
            }
            assert_eq!(sizes, expected);
        }
    }

    #[test]
    fn each_place_of_a_statement_is_numbered_once() {
        let (text, _, _) = PAIRS.take(&[(), ()]).unwrap();
        assert_eq!(text, "INSERT INTO pairs VALUES ($1, $2), ($3, $4) RETURNING a");
    }
}
