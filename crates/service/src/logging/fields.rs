//! The fields of lines and spans, written as the subscriber's own writer does, and faster: those of a
//! request's span are written before anybody knows whether there will be a line.

use std::fmt::{self, Debug};

use tracing::field::{Field, Visit};
use tracing_subscriber::{
    field::{RecordFields, VisitOutput},
    fmt::{
        FormatFields,
        format::{DefaultVisitor, Writer},
    },
};

/// The form of the fields of a text line.
pub(super) struct Fields;

impl<'a> FormatFields<'a> for Fields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, is_first: true, result: Ok(()) };
        fields.record(&mut visitor);
        visitor.result
    }
}

struct Visitor<'a> {
    writer: Writer<'a>,
    is_first: bool,
    result: fmt::Result,
}

impl Visitor<'_> {
    /// What needs colours, escapes or a sentence is the subscriber's to write.
    fn leave(&mut self, write: impl FnOnce(&mut DefaultVisitor<'_>)) {
        let mut visitor = DefaultVisitor::new(self.writer.by_ref(), self.is_first);
        write(&mut visitor);
        let written = visitor.finish();
        self.note(written);
    }

    fn write(&mut self, name: &str, value: fmt::Arguments<'_>) -> fmt::Result {
        self.begin(name)?;
        self.writer.write_fmt(value)
    }

    fn quote(&mut self, name: &str, value: &str) -> fmt::Result {
        self.begin(name)?;
        self.writer.write_char('"')?;
        self.writer.write_str(value)?;
        self.writer.write_char('"')
    }

    fn begin(&mut self, name: &str) -> fmt::Result {
        if !self.is_first {
            self.writer.write_char(' ')?;
        }
        self.writer.write_str(name)?;
        self.writer.write_char('=')
    }

    /// Whether it is a name, an equals sign and a value, all in the same colour.
    fn is_simple(&self, field: &Field) -> bool {
        let name = field.name();
        // Those of `log`'s lines are left out, see the subscriber's own visitor.
        let is_special = name == "message" || name.starts_with("r#") || name.starts_with("log.");
        !is_special && !self.writer.has_ansi_escapes()
    }

    fn note(&mut self, written: fmt::Result) {
        self.result = self.result.and(written);
        self.is_first = false;
    }
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if self.is_simple(field) && is_plain(value) {
            let written = self.quote(field.name(), value);
            self.note(written);
        } else {
            self.leave(|visitor| visitor.record_str(field, value));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.leave(|visitor| visitor.record_error(field, value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if self.is_simple(field) {
            let written = self.write(field.name(), format_args!("{value:?}"));
            self.note(written);
        } else {
            self.leave(|visitor| visitor.record_debug(field, value));
        }
    }
}

/// Whether a text stands between quotes as it is.
fn is_plain(value: &str) -> bool {
    value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\')
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing_subscriber::fmt::{self, format::DefaultFields};

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines<F>(fields: F, colours: bool) -> String
    where
        F: for<'a> FormatFields<'a> + Send + Sync + 'static,
    {
        let page = Page::default();
        let writer = page.clone();
        let subscriber = fmt::Subscriber::builder()
            .fmt_fields(fields)
            .without_time()
            .with_ansi(colours)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for path in ["/users/me/", "/\"quoted\"", "/\\", "/\u{1b}[31m", "/\u{e9}", ""] {
                let id = Some("an-id").filter(|_| path.len() > 1);
                let span = tracing::info_span!("request", id, method = %"GET", path, r#type = path);
                let _entered = span.enter();
                let error = io::Error::other("an error");
                tracing::info!(%error, error = &error as &dyn std::error::Error, path, "said");
                tracing::info!(count = 3, debug = ?path, path, "{path} was asked for");
                tracing::info!(path, first = "a field");
                tracing::info!(log.target = "elsewhere", path, log.line = 3, "as `log` says it");
            }
        });
        String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn lines_are_those_of_the_subscriber_itself() {
        for colours in [false, true] {
            let expected = lines(DefaultFields::new(), colours);
            assert!(expected.contains("an-id") && expected.contains("was asked for"), "{expected}");
            assert_eq!(lines(Fields, colours), expected);
        }
    }
}
