-- Declared fields that no record of a load had. NULL where each was in one, and in rows of earlier versions.
ALTER TABLE claimcheck.loads ADD COLUMN missing_fields text[];

-- The last load of each slice into each table.
CREATE OR REPLACE VIEW claimcheck.latest_loads AS
SELECT DISTINCT ON (pipeline, partition, target) *
  FROM claimcheck.loads
 ORDER BY pipeline, partition, target, published_at DESC, dataset_id;

-- How each pipeline stands with each of its tables: the load that was published last, and what became of
-- the runs since.
CREATE OR REPLACE VIEW claimcheck.pipeline_status AS
SELECT p.pipeline, p.target,
       l.partition AS last_partition, l.interval_end AS last_interval_end,
       l.published_at AS last_published_at, l.dataset_id AS last_dataset_id,
       l.rows_staged AS last_rows, l.rows_rejected AS last_rows_rejected,
       r.running AS runs_running, r.failed AS runs_failed_since, r.failure_code AS last_failure_code,
       r.failed_at AS last_failed_at, l.missing_fields AS last_missing_fields
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
