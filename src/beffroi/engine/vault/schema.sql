-- The vault of one node, format 1; its mirror is the same. Keys are wrapped, 24 bytes each (vault/wrapping.py).

-- One row. `generation` counts the transactions: of a vault and its mirror, the greater one tells the truth.
CREATE TABLE vault (
    id          TEXT NOT NULL,
    generation  INTEGER NOT NULL
) STRICT;

-- Under the root. Deleting a row destroys an hour of a camera.
CREATE TABLE hour (
    camera  TEXT NOT NULL,
    hour_us INTEGER NOT NULL,   -- start of the UTC hour
    key     BLOB NOT NULL,
    PRIMARY KEY (camera, hour_us)
) STRICT, WITHOUT ROWID;

-- Under the root, while a hold touches the file.
CREATE TABLE held (
    name    TEXT PRIMARY KEY,   -- path in its footage folder
    key     BLOB NOT NULL
) STRICT, WITHOUT ROWID;
