-- Sessions of the edge that are kept here, and not in the browser. The key is a hash of the cookie, and the content is
-- sealed with the cookie: who reads the database can use no session.
CREATE TABLE edge_sessions (
    key BLOB NOT NULL PRIMARY KEY,
    content TEXT NOT NULL,
    version INTEGER NOT NULL,
    refresh_until INTEGER, -- somebody refreshes it, and has until then
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_sessions_by_end ON edge_sessions (expires_at);
