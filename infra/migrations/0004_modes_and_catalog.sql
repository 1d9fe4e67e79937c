-- Loads of every mode: what they took away, which slice they are of, and the keys that came, to be
-- compared with the table later. NULL in rows of earlier versions.
ALTER TABLE claimcheck.loads
  ADD COLUMN rows_deleted bigint NOT NULL DEFAULT 0,
  ADD COLUMN interval_start timestamptz,
  ADD COLUMN interval_end timestamptz,
  ADD COLUMN key_count bigint,
  ADD COLUMN key_digest text;

CREATE INDEX loads_by_target ON claimcheck.loads (target, pipeline, interval_start);

-- What each pipeline was last told to do; references to secrets stand as they are written.
CREATE TABLE claimcheck.pipelines (
  name text PRIMARY KEY,
  definition jsonb NOT NULL,
  target text NOT NULL,
  checked_at timestamptz NOT NULL DEFAULT now()
);

-- One row a run that came as far as to ask for its target.
CREATE TABLE claimcheck.runs (
  dataset_id uuid PRIMARY KEY,
  pipeline text NOT NULL,
  partition text NOT NULL,
  target text NOT NULL,
  -- Of Temporal: ids are its own in each namespace.
  namespace text,
  workflow_id text,
  interval_start timestamptz NOT NULL,
  interval_end timestamptz NOT NULL,
  requested_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'published', 'failed')),
  failure_code text,
  began_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);

CREATE INDEX runs_by_workflow ON claimcheck.runs (workflow_id, namespace);
CREATE INDEX runs_by_target ON claimcheck.runs (target, pipeline, ended_at);

-- The datasets that were published, wherever to.
CREATE TABLE claimcheck.datasets (
  dataset_id uuid PRIMARY KEY,
  pipeline text NOT NULL,
  partition text NOT NULL,
  interval_start timestamptz NOT NULL,
  interval_end timestamptz NOT NULL,
  manifest_key text NOT NULL,
  part_count integer NOT NULL,
  row_count bigint NOT NULL,
  records_served bigint,
  rows_rejected bigint,
  requested_at timestamptz NOT NULL
);

-- Columns that a source has brought and its pipeline does not declare (`schema: evolve`).
CREATE TABLE claimcheck.evolved_columns (
  pipeline text NOT NULL,
  target text NOT NULL,
  column_name text NOT NULL,
  -- As the pinned run has it.
  definition jsonb NOT NULL,
  dataset_id uuid NOT NULL,
  PRIMARY KEY (pipeline, target, column_name)
);

-- The last load of each slice into each table.
CREATE VIEW claimcheck.latest_loads AS
SELECT DISTINCT ON (pipeline, partition, target) *
  FROM claimcheck.loads
 ORDER BY pipeline, partition, target, published_at DESC, dataset_id;

-- How each pipeline stands with each of its tables: the load that was published last, and what became of
-- the runs since.
CREATE VIEW claimcheck.pipeline_status AS
SELECT p.pipeline, p.target,
       l.partition AS last_partition, l.interval_end AS last_interval_end,
       l.published_at AS last_published_at, l.dataset_id AS last_dataset_id,
       l.rows_staged AS last_rows, l.rows_rejected AS last_rows_rejected,
       r.running AS runs_running, r.failed AS runs_failed_since, r.failure_code AS last_failure_code,
       r.failed_at AS last_failed_at
  FROM (SELECT pipeline, target FROM claimcheck.loads
         UNION
        SELECT pipeline, target FROM claimcheck.runs) AS p
  LEFT JOIN LATERAL (
       SELECT * FROM claimcheck.loads
        WHERE pipeline = p.pipeline AND target = p.target
        ORDER BY published_at DESC, dataset_id LIMIT 1) AS l ON true
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE state = 'running') AS running,
              count(*) FILTER (WHERE state = 'failed') AS failed,
              (array_agg(failure_code ORDER BY ended_at DESC) FILTER (WHERE state = 'failed'))[1] AS failure_code,
              max(ended_at) FILTER (WHERE state = 'failed') AS failed_at
         FROM claimcheck.runs
        WHERE pipeline = p.pipeline AND target = p.target
          AND (state = 'running' OR l.published_at IS NULL OR ended_at > l.published_at)) AS r;
