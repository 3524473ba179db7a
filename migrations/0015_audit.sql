-- Who did what. `id` sorts by time: twelve hexadecimal digits of `at`, then what makes it unique.
-- `subject` and `client_id` name what was there at the time, so they refer to nothing; a name that
-- somebody typed and nobody has is not kept, for it may be a password.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    reason TEXT,
    actor TEXT,
    subject TEXT,
    client_id TEXT,
    address TEXT,
    request_id TEXT,
    detail TEXT
);

CREATE INDEX audit_by_subject ON audit (subject, id);

CREATE INDEX audit_by_request ON audit (request_id);
