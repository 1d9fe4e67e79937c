-- Where a dataset was made from another one's landing, or has another one's parts: which one, and by what
-- of it. The source was not asked then. NULL where it was, and in rows of earlier versions.
ALTER TABLE claimcheck.datasets
  ADD COLUMN made_from uuid,
  ADD COLUMN made_by text CHECK (made_by IN ('landing', 'parts'));

ALTER TABLE claimcheck.loads
  ADD COLUMN made_from uuid,
  ADD COLUMN made_by text CHECK (made_by IN ('landing', 'parts'));

-- The last load of each slice into each table.
CREATE OR REPLACE VIEW claimcheck.latest_loads AS
SELECT DISTINCT ON (pipeline, partition, target) *
  FROM claimcheck.loads
 ORDER BY pipeline, partition, target, published_at DESC, dataset_id;
