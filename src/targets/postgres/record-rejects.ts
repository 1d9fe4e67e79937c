import type { RejectedRecord } from '../../../activities/load-target.ts'
import type { PublishRequest } from './postgres-requests.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { Session } from './sessions.ts'

/** Of one statement: as many rows, or with as many letters of text. */
const rowsAtOnce = 1000
const lettersAtOnce = 4 * 1024 * 1024

/**
 * Writes what a load has set aside into `claimcheck.rejects`, in the session's transaction.
 *
 * @throws PipelineError ROWS_LOST when there are not as many as the load has counted
 */
export async function recordRejects(session: Session, request: PublishRequest): Promise<void> {
  const { rejects, rejectCount = 0 } = request
  if (rejects === undefined || rejectCount === 0) return
  let count = 0
  for await (const batch of rejects) {
    for (const some of inSteps(batch)) await insert(session, request, some)
    count += batch.length
  }
  if (count === rejectCount) return
  throw new PipelineError('ROWS_LOST', `${rejectCount} records were set aside and ${count} read`, {
    remedy: 'Something else changed the rejects beside the dataset; start the run again.',
  })
}

/** A record is as long as its source has made it. */
function* inSteps(batch: readonly RejectedRecord[]): Generator<readonly RejectedRecord[]> {
  let some: RejectedRecord[] = []
  let letters = 0
  for (const reject of batch) {
    const { fields, raw } = reject
    const length = (fields?.length ?? 0) + (raw?.length ?? 0)
    if (some.length === rowsAtOnce || (some.length > 0 && letters + length > lettersAtOnce)) {
      yield some
      some = []
      letters = 0
    }
    some.push(reject)
    letters += length
  }
  if (some.length > 0) yield some
}

async function insert(
  session: Session,
  { datasetId, pipeline, partition }: PublishRequest,
  rejects: readonly RejectedRecord[],
): Promise<void> {
  await session.query(
    `INSERT INTO claimcheck.rejects (dataset_id, pipeline, partition, page, record, line, reason, fields, raw)
     SELECT $1, $2, $3, page, record, line, reason, fields::json, raw
       FROM unnest($4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::text[], $9::text[])
         AS rejected (page, record, line, reason, fields, raw)`,
    [
      datasetId,
      pipeline,
      partition,
      rejects.map(({ page }) => page),
      rejects.map(({ record }) => record),
      rejects.map(({ line }) => line),
      rejects.map(({ reason }) => reason),
      rejects.map(({ fields }) => fields),
      rejects.map(({ raw }) => raw?.replaceAll('\0', '\u2400') ?? null),
    ],
  )
}
