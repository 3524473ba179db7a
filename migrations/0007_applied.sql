-- What `apply` set last, field by field, as an HMAC of the value: a field is set again only where
-- the file's value has changed since.
CREATE TABLE applied (
    kind TEXT NOT NULL,
    entry TEXT NOT NULL,
    field TEXT NOT NULL,
    hmac TEXT NOT NULL,
    PRIMARY KEY (kind, entry, field)
);
