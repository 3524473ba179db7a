-- Introspection asks for one token, where a resource server reads the whole feed.
CREATE INDEX changes_by_subject ON changes (kind, subject);
