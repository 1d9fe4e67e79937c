import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ActivityPorts } from './activity-ports.ts'
import type { PartChunk } from './part-chunk.ts'
import type { ColumnDefinition } from './pipeline-definition.ts'
import { stageRows } from './stage-rows.ts'
import { withWorkingFolder } from './working-folder.ts'

export interface PartFile {
  /** The whole Parquet file. */
  readonly bytes: Uint8Array
  readonly columns: readonly ColumnDefinition[]
  readonly signal: AbortSignal
}

/** The rows of a part, and the local file that they are in, until `use` has ended. */
export interface PartRows {
  readonly chunks: AsyncIterable<PartChunk>
  readonly path: string
}

/** Lets `use` read the rows of one part, in order. */
export function withPartRows<Result>(
  { duckDb }: Pick<ActivityPorts, 'duckDb'>,
  { bytes, columns, signal }: PartFile,
  use: (rows: PartRows) => Promise<Result>,
): Promise<Result> {
  return withWorkingFolder(async (folder) => {
    const path = join(folder, 'part.parquet')
    await writeFile(path, bytes)
    return duckDb.withConnection(signal, (connection) =>
      use({ chunks: stageRows(connection, path, columns), path }),
    )
  })
}
