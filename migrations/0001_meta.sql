-- Facts about the store itself. `min_reader` is the newest migration that a program has to know
-- before it may use this store; a migration that breaks older programs raises it.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);

INSERT INTO meta (name, value) VALUES ('min_reader', '1');
