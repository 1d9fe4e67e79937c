import type { DuckDBConnection } from '@duckdb/node-api'
import { readPart } from './conversion/read-part.ts'
import type { PartChunk } from './part-chunk.ts'
import type { ColumnDefinition } from './pipeline-definition.ts'

/** Enough for the next chunk to be there in time. By default DuckDB reads ahead ten times as much. */
const readAheadBytes = 100_000

/**
 * The rows of a Parquet part on their way into staging, in order. A target takes them more slowly than
 * DuckDB reads them, so what is read ahead only waits in memory.
 *
 * @throws PipelineError CONVERSION_FAILED when memory is short
 */
export async function* stageRows(
  connection: DuckDBConnection,
  path: string,
  columns: readonly ColumnDefinition[],
): AsyncGenerator<PartChunk> {
  await connection.run(`SET streaming_buffer_size = '${readAheadBytes}B'`)
  yield* readPart(connection, path, columns)
}
