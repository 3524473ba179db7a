-- Authorization requests that were answered, so that nobody answers one twice. One that waits for its
-- user is in no table: the browser carries it, sealed, and strangers make no rows. No release has
-- kept them here.
CREATE TABLE answered_requests (
    id TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

CREATE INDEX answered_requests_by_expires_at ON answered_requests (expires_at);

DROP TABLE authorization_requests;
