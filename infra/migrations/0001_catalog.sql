-- What was loaded where. One row a load, written in the transaction that wrote the rows: if the row
-- is there, so are they, and a second attempt finds it and does nothing.
CREATE TABLE claimcheck.loads (
  dataset_id uuid NOT NULL,
  -- schema.table, each part quoted where SQL would need it, so that the name is unambiguous.
  target text NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL,
  manifest_key text NOT NULL,
  mode text NOT NULL,
  rows_staged bigint NOT NULL,
  rows_inserted bigint NOT NULL,
  rows_updated bigint NOT NULL,
  rows_unchanged bigint NOT NULL,
  rows_duplicate bigint NOT NULL,
  -- When the client asked for the run, by the client's clock.
  requested_at timestamptz NOT NULL,
  -- When the publishing transaction began, by the server's clock.
  published_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (dataset_id, target)
);

CREATE INDEX loads_by_partition ON claimcheck.loads (pipeline, partition, published_at);

-- Which parts of a dataset are in its staging table. UNLOGGED because the staging tables are: a
-- server crash empties both, so that a row here never speaks of rows that are gone.
CREATE UNLOGGED TABLE claimcheck.staged_parts (
  dataset_id uuid NOT NULL,
  part_number integer NOT NULL,
  row_count bigint NOT NULL,
  PRIMARY KEY (dataset_id, part_number)
);

-- Holds one table a dataset, from its first staged part until it is published or discarded.
CREATE SCHEMA IF NOT EXISTS claimcheck_staging;
