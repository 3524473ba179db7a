-- Browsers that are signed in. `hash` is that of the cookie, `id` names a session on the account
-- page. A session is good until `expires_at`, while it is used often enough, and as long as its
-- user is not shut out and still has the `credential_version` of the login.
CREATE TABLE sessions (
    hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    username TEXT NOT NULL REFERENCES subjects (name),
    credential_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    user_agent TEXT
);

CREATE INDEX sessions_by_username ON sessions (username);

CREATE INDEX sessions_by_expires_at ON sessions (expires_at);
