-- A transform makes more or fewer rows of the records that were converted: served = converted + rejected.
-- NULL in rows of earlier versions, where as many rows were staged as were converted.
ALTER TABLE claimcheck.loads
  ADD COLUMN rows_converted bigint,
  DROP CONSTRAINT loads_account_for_records,
  ADD CONSTRAINT loads_account_for_records
    CHECK (records_served = coalesce(rows_converted, rows_staged) + rows_rejected);

-- What published loads have set aside, for people to look at; the same stands beside the dataset.
CREATE TABLE claimcheck.rejects (
  dataset_id uuid NOT NULL,
  pipeline text NOT NULL,
  partition text NOT NULL,
  -- Key of the landed page, and the record's position in it from 0.
  page text NOT NULL,
  record bigint NOT NULL,
  -- Line of the page from 1, where a malformed record has one.
  line bigint,
  reason text NOT NULL,
  -- The texts of the declared fields; NULL where the record is malformed.
  fields json,
  -- What the source sent, where `fields` is NULL. NUL, which text cannot hold, stands as U+2400.
  raw text,
  PRIMARY KEY (dataset_id, page, record)
);

CREATE INDEX rejects_by_partition ON claimcheck.rejects (pipeline, partition);

-- How far incremental pipelines have come, written in the transaction that wrote the rows. It never goes back.
CREATE TABLE claimcheck.high_water_marks (
  pipeline text NOT NULL,
  target text NOT NULL,
  -- Of the table: a mark says nothing about any other.
  column_name text NOT NULL,
  -- The greatest value so far; dates and times as ISO 8601 in UTC.
  mark text NOT NULL,
  dataset_id uuid NOT NULL,
  PRIMARY KEY (pipeline, target, column_name)
);
