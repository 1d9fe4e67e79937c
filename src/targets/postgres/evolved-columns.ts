import { columnDefinition } from '../../../activities/definition-schema.ts'
import type { ColumnDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { PublishRequest, TargetRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'
import { displayTable } from './sql-name.ts'

type Place = Pick<TargetRequest, 'target'> & { readonly pipeline: string }

/**
 * The undeclared columns that earlier loads of the pipeline have brought into the table; none before the
 * first load has made the catalog.
 *
 * @throws PipelineError TARGET_FAILED where the catalog has what no load wrote
 */
export async function readEvolvedColumns(
  session: Session,
  request: Place,
): Promise<readonly ColumnDefinition[]> {
  const { rows } = await session.query<{ exists: boolean }>(
    `SELECT to_regclass('claimcheck.evolved_columns') IS NOT NULL AS exists`,
  )
  return rows[0]?.exists === true ? recordedColumns(session, request) : []
}

/** Keeps them for the next load, in the session's transaction; the request is joined with what is kept already. */
export async function recordEvolvedColumns(
  session: Session,
  { evolvedColumns = [], ...request }: PublishRequest,
): Promise<void> {
  if (evolvedColumns.length === 0) return
  await session.query(
    `INSERT INTO claimcheck.evolved_columns AS e (pipeline, target, column_name, definition, dataset_id)
     SELECT $1, $2, found.name, found.definition::jsonb, $3
       FROM unnest($4::text[], $5::text[]) AS found(name, definition)
     ON CONFLICT (pipeline, target, column_name) DO UPDATE
       SET definition = excluded.definition, dataset_id = excluded.dataset_id
      WHERE e.definition <> excluded.definition`,
    [
      request.pipeline,
      displayTable(request.target),
      request.datasetId,
      evolvedColumns.map(({ name }) => name),
      evolvedColumns.map(toJson),
    ],
  )
}

/** The same in a session of a load, for which the catalog is there. */
export async function recordedColumns(
  session: Session,
  { pipeline, target }: Place,
): Promise<ColumnDefinition[]> {
  const { rows } = await session.query<{ definition: string }>(
    `SELECT definition::text FROM claimcheck.evolved_columns
      WHERE pipeline = $1 AND target = $2 ORDER BY column_name`,
    [pipeline, displayTable(target)],
  )
  return rows.map((row) => {
    const { data, error } = columnDefinition.safeParse(fromJson(row.definition))
    if (data !== undefined) return data
    throw new PipelineError('TARGET_FAILED', 'A row of claimcheck.evolved_columns cannot be read', {
      at: { pipeline, table: displayTable(target) },
      remedy: 'It was changed by hand: delete the row, and the next load writes it anew.',
      cause: error,
    })
  })
}

/** PostgreSQL's jsonb has no NUL, which a field's name may have: then it is the text of JSON. */
function toJson(column: ColumnDefinition): string {
  const json = JSON.stringify(column)
  return json.includes('\\u0000') ? JSON.stringify(json) : json
}

function fromJson(json: string): unknown {
  const value: unknown = JSON.parse(json)
  return typeof value === 'string' ? JSON.parse(value) : value
}
