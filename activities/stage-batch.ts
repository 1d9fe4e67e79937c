import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf } from '../codec/index.ts'
import type { ActivityPorts, Attempt } from './activity-ports.ts'
import { partKey } from './bucket-layout.ts'
import { readPart } from './conversion/read-part.ts'
import { readPinnedRun, tableColumns } from './pinned-run.ts'
import { PipelineError } from './pipeline-error.ts'
import type { RunReference } from './run-reference.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface StageBatchInput {
  readonly run: RunReference
  readonly partNumber: number
}

/** Copies one part into the table's staging area; a part that is there already is left as it is. */
export async function stageBatch(
  { store, duckDb, target }: ActivityPorts,
  { run, partNumber }: StageBatchInput,
  attempt: Attempt,
): Promise<{ rowCount: number }> {
  const pinned = await readPinnedRun(store, run, attempt)
  const columns = tableColumns(pinned)
  const key = partKey(run, partNumber)
  const head = await store.head(key, attempt)
  const part = await store.get(key, attempt)
  if (head?.metadata['sha256'] !== (await digestOf(part))) {
    throw new PipelineError('OBJECT_DAMAGED', 'a part is not what was written', {
      at: { bucket: store.bucket, key },
      remedy: 'Start the run again: the part is made anew from the landing.',
      // A late attempt at the conversion may have written between the two readings.
      retryable: true,
    })
  }
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    await writeFile(path, part)
    return duckDb.withConnection(attempt.signal, (connection) =>
      target.stagePart({
        target: pinned.definition.target,
        columns,
        datasetId: run.datasetId,
        partNumber,
        rowCount: Number(head.metadata['rows']),
        chunks: readPart(connection, path, columns),
        signal: attempt.signal,
      }),
    )
  })
}
