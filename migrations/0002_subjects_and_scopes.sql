-- Every name that was ever given out, to a user or a client. Rows stay for ever: a deleted name is
-- never given out again, and no client's token can be taken for a user's.
CREATE TABLE subjects (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'client')),
    created_at BIGINT NOT NULL,
    deleted_at BIGINT
);

-- The scopes that can be granted, with the sentence that the consent page shows.
CREATE TABLE scopes (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
