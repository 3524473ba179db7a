-- People who can log in. `credential_version` counts password changes: a login that began before
-- one opens no grant after it.
CREATE TABLE users (
    username TEXT NOT NULL PRIMARY KEY REFERENCES subjects (name),
    full_name TEXT,
    email TEXT,
    password_hash TEXT,
    credential_version BIGINT NOT NULL,
    disabled BIGINT NOT NULL CHECK (disabled IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What each user holds and may hand on to a client.
CREATE TABLE user_scopes (
    username TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE,
    scope TEXT NOT NULL REFERENCES scopes (name) ON DELETE CASCADE,
    PRIMARY KEY (username, scope)
);

CREATE INDEX user_scopes_by_scope ON user_scopes (scope);

-- The demo resource: things that users own.
CREATE TABLE items (
    item_id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL REFERENCES users (username) ON DELETE CASCADE
);

CREATE INDEX items_by_owner ON items (owner);
