-- The footage index of one disk, format 3. Written by one node through one connection; read by any.
-- Instants are integers, microseconds since 1970-01-01T00:00:00Z. Media time is 90 kHz ticks.

CREATE TABLE stream (
    id      INTEGER PRIMARY KEY,
    camera  TEXT NOT NULL,              -- slug, also a folder name
    stream  TEXT NOT NULL,              -- main | sub
    files   INTEGER NOT NULL DEFAULT 0, -- rows in `file`
    bytes   INTEGER NOT NULL DEFAULT 0, -- sum of `file.bytes`
    UNIQUE (camera, stream)
) STRICT;

-- How to decode; shared by the files that have the same.
CREATE TABLE config (
    id              INTEGER PRIMARY KEY,
    codec           TEXT NOT NULL,      -- h264 | h265
    width_px        INTEGER NOT NULL,
    height_px       INTEGER NOT NULL,
    decoder_record  BLOB NOT NULL,      -- avcC or hvcC payload, ISO/IEC 14496-15
    UNIQUE (decoder_record, codec, width_px, height_px)
) STRICT;

-- One row a file, from its first durability tick. AUTOINCREMENT: an id is never used twice, so a file on
-- disk with a greater id than any ever used is an orphan of the last ticks before a crash.
CREATE TABLE file (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    stream_id       INTEGER NOT NULL REFERENCES stream (id),
    run             INTEGER NOT NULL,   -- id of the run's first file
    start_at_us     INTEGER NOT NULL,   -- instant of the first frame; with id and stream, the file's path
    end_at_us       INTEGER NOT NULL,   -- instant at which the next frame is due
    start_ticks90k  INTEGER NOT NULL,   -- presentation time of the first frame in its run
    bytes           INTEGER NOT NULL,   -- acknowledged length; the file is exactly as long once sealed
    frames          INTEGER NOT NULL,
    config_id       INTEGER NOT NULL REFERENCES config (id),
    fragments       BLOB NOT NULL,      -- table of fragments, see index/table.py
    state           TEXT NOT NULL CHECK (state IN ('writing', 'sealed', 'held', 'condemned')),
    leaf_hash       BLOB,               -- of the Merkle log of this disk (NULL: not sealed, or plain)
    wrapped_key     TEXT,               -- its key under its camera-hour's, hexadecimal (NULL: plain)
    doom            TEXT                -- why it is condemned: retention | pressure | cap; else NULL
) STRICT;

-- An instant of a stream is one seek here.
CREATE INDEX file_by_stream ON file (stream_id, start_at_us);
-- What a month of a stream covers, read from one place: its rows lie among those of all other streams.
CREATE INDEX file_extent ON file (stream_id, start_at_us, end_at_us, state) WHERE state IN ('sealed', 'held');
-- Oldest first over all cameras, for disk pressure.
CREATE INDEX file_by_age ON file (start_at_us) WHERE state = 'sealed';
-- The few files with unfinished business or a hold: start-up and retention read only these.
CREATE INDEX file_writing ON file (id) WHERE state = 'writing';
CREATE INDEX file_condemned ON file (id) WHERE state = 'condemned';
CREATE INDEX file_held ON file (stream_id, start_at_us) WHERE state = 'held';

-- What proves an encrypted file; goes with its row.
CREATE TABLE proof (
    file_id     INTEGER PRIMARY KEY REFERENCES file (id) ON DELETE CASCADE,
    salt        BLOB NOT NULL,          -- 16 bytes
    digests     BLOB NOT NULL,          -- SHA-256 of each fragment's samples before encryption; zeros: unknown
    leaf        INTEGER                 -- its number in the log; NULL until the file is sealed
) STRICT;

CREATE INDEX proof_by_leaf ON proof (leaf) WHERE leaf IS NOT NULL;

-- The Merkle log of this disk (index/log.py): leaf hashes while a file of their tile lives, tiles for ever.
CREATE TABLE leaf (
    number  INTEGER PRIMARY KEY,
    hash    BLOB NOT NULL
) STRICT;

CREATE TABLE tile (
    number  INTEGER PRIMARY KEY,
    root    BLOB NOT NULL               -- of leaves [256 × number, 256 × number + 256)
) STRICT;

-- One row: how many leaves, and the roots of the perfect trees they make.
CREATE TABLE frontier (
    size    INTEGER NOT NULL,
    roots   BLOB NOT NULL
) STRICT;

-- Spans without footage. At most one open gap a stream.
CREATE TABLE gap (
    id          INTEGER PRIMARY KEY,
    stream_id   INTEGER NOT NULL REFERENCES stream (id),
    from_at_us  INTEGER NOT NULL,       -- end of the footage before
    to_at_us    INTEGER,                -- start of the footage after; NULL while it lasts
    cause       TEXT NOT NULL           -- of the contract's GapCause
) STRICT;

CREATE INDEX gap_by_stream ON gap (stream_id, from_at_us);
CREATE UNIQUE INDEX gap_open ON gap (stream_id) WHERE to_at_us IS NULL;

-- The last retention policy known of a camera, as JSON (record/retention.py): it outlives the camera's place in
-- the desired state, so that footage of a camera taken out still dies on time, and its holds still hold.
CREATE TABLE policy (
    camera  TEXT PRIMARY KEY,
    policy  TEXT NOT NULL
) STRICT;

-- Spans whose footage was destroyed while older footage is still held: neither footage nor gap.
CREATE TABLE destroyed (
    id          INTEGER PRIMARY KEY,
    stream_id   INTEGER NOT NULL REFERENCES stream (id),
    from_at_us  INTEGER NOT NULL,
    to_at_us    INTEGER NOT NULL
) STRICT;

CREATE INDEX destroyed_by_stream ON destroyed (stream_id, to_at_us);
