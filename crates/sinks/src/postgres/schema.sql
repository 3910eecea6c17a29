-- Version 1. All names stand in the sink's own schema, which is first in the search path.

-- One row an article: the newest state of its id. `number` ties the other tables to it.
CREATE TABLE articles (
    number        bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            text    NOT NULL UNIQUE,     -- 32 hexadecimal digits
    document      text    NOT NULL,            -- id of the document's first version
    version       integer NOT NULL,
    is_current    boolean NOT NULL,            -- in the newest version of the document
    sequence      bigint  NOT NULL,            -- of the change that led to this state; the higher one wins
    verdict       text    NOT NULL,
    verdict_of    text,
    similarity    double precision,
    source_name   text    NOT NULL,
    source_path   text    NOT NULL,
    url           text,                        -- as supplied, else as the page names itself
    site          text,
    title         text,
    authors       text[]  NOT NULL,
    published     text,                        -- ISO 8601, as precise as it is known
    published_day date,
    modified      text,
    language      text    NOT NULL,
    text          text    NOT NULL,
    record        jsonb   NOT NULL,            -- the whole record
    received_at   timestamptz NOT NULL,
    -- Words as they stand, for any language. The server takes at most 1 MiB of them, so of a very long text the
    -- first part is found.
    search        tsvector GENERATED ALWAYS AS (
        setweight(to_tsvector('simple', coalesce(title, '')), 'A')
        || setweight(to_tsvector('simple', left(text, 150000)), 'B')
    ) STORED
);

CREATE INDEX articles_by_document ON articles (document);
-- Addresses can be longer than a b-tree's entry.
CREATE INDEX articles_by_url ON articles USING hash (url);
CREATE INDEX articles_by_site ON articles USING hash (site);
CREATE INDEX articles_by_published ON articles (published_day);
CREATE INDEX articles_by_sequence ON articles (sequence);
CREATE INDEX articles_by_word ON articles USING gin (search);

CREATE VIEW current_articles AS SELECT * FROM articles WHERE is_current;

CREATE TABLE entities (
    article bigint  NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
    ordinal integer NOT NULL,                  -- place in the record, from 0
    name    text    NOT NULL,
    type    text    NOT NULL,
    ids     text[]  NOT NULL,
    PRIMARY KEY (article, ordinal)
);

CREATE INDEX entities_by_name ON entities USING hash (name);
CREATE INDEX entities_by_id ON entities USING gin (ids);

CREATE TABLE mentions (
    article bigint  NOT NULL,
    entity  integer NOT NULL,                  -- entities.ordinal
    ordinal integer NOT NULL,                  -- place in the entity, from 0
    field   text    NOT NULL,                  -- title or text
    start   integer NOT NULL,                  -- Unicode scalar positions in the field, half-open
    "end"   integer NOT NULL,
    text    text    NOT NULL,
    PRIMARY KEY (article, entity, ordinal),
    FOREIGN KEY (article, entity) REFERENCES entities (article, ordinal) ON DELETE CASCADE
);

-- Articles that are gone, so that an older state that comes again stays gone.
CREATE TABLE tombstones (
    id       text   PRIMARY KEY,
    sequence bigint NOT NULL
);
