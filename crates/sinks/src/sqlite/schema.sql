-- Version 1. `application_id` says that the file is copydesk's ("cpdk"), `user_version` is the schema's version.
PRAGMA application_id = 1668310123;
PRAGMA user_version = 1;

-- One row an article: the newest state of its id. `number` ties the other tables to it; it is declared, since an
-- undeclared rowid may change in a VACUUM, which would tear the full-text index off the articles.
CREATE TABLE articles (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE, -- 32 hexadecimal digits
    document    TEXT    NOT NULL,        -- id of the document's first version
    version     INTEGER NOT NULL,
    is_current  INTEGER NOT NULL,        -- 1 in the newest version of the document
    sequence    INTEGER NOT NULL,        -- of the change that led to this state; the higher one wins
    verdict     TEXT    NOT NULL,
    verdict_of  TEXT,
    similarity  REAL,
    source_name TEXT    NOT NULL,
    source_path TEXT    NOT NULL,
    url         TEXT,                    -- as supplied, else as the page names itself
    site        TEXT,
    title       TEXT,
    authors     TEXT    NOT NULL,        -- names, joined by ", "
    published   TEXT,                    -- ISO 8601, as precise as it is known
    modified    TEXT,
    language    TEXT    NOT NULL,
    text        TEXT    NOT NULL,
    record      TEXT    NOT NULL,        -- the whole record, JSON
    received_at TEXT    NOT NULL
) STRICT;

CREATE INDEX articles_by_document ON articles (document);
CREATE INDEX articles_by_url ON articles (url);
CREATE INDEX articles_by_site ON articles (site);
CREATE INDEX articles_by_published ON articles (published);

CREATE VIEW current_articles AS SELECT * FROM articles WHERE is_current = 1;

CREATE TABLE entities (
    article INTEGER NOT NULL, -- articles.number
    ordinal INTEGER NOT NULL, -- place in the record, from 0
    name    TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    ids     TEXT    NOT NULL, -- joined by ","
    PRIMARY KEY (article, ordinal)
) STRICT, WITHOUT ROWID;

CREATE INDEX entities_by_name ON entities (name);
CREATE INDEX entities_by_type ON entities (type, name);

CREATE TABLE mentions (
    article INTEGER NOT NULL, -- articles.number
    entity  INTEGER NOT NULL, -- entities.ordinal
    ordinal INTEGER NOT NULL, -- place in the entity, from 0
    field   TEXT    NOT NULL, -- title or text
    start   INTEGER NOT NULL, -- Unicode scalar positions in the field, half-open
    "end"   INTEGER NOT NULL,
    text    TEXT    NOT NULL,
    PRIMARY KEY (article, entity, ordinal)
) STRICT, WITHOUT ROWID;

-- Articles that are gone, so that an older state that comes again stays gone.
CREATE TABLE tombstones (
    id       TEXT    NOT NULL PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Full text over the articles' own columns (no second copy of the text). The triggers keep it right under any
-- change of `articles`, by hand too.
CREATE VIRTUAL TABLE articles_fts USING fts5 (
    title, text,
    content = 'articles', content_rowid = 'number',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER articles_fts_insert AFTER INSERT ON articles BEGIN
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.number, new.title, new.text);
END;

CREATE TRIGGER articles_fts_delete AFTER DELETE ON articles BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);
END;

CREATE TRIGGER articles_fts_update AFTER UPDATE ON articles
WHEN old.number IS NOT new.number OR old.title IS NOT new.title OR old.text IS NOT new.text BEGIN
    INSERT INTO articles_fts (articles_fts, rowid, title, text) VALUES ('delete', old.number, old.title, old.text);
    INSERT INTO articles_fts (rowid, title, text) VALUES (new.number, new.title, new.text);
END;

-- A little more searching in more segments of the index, for a good deal less merging while articles stream in.
INSERT INTO articles_fts (articles_fts, rank) VALUES ('automerge', 8);
