/** A run of neighbouring rows of one table, in one format, each ended by a newline. */
export interface RowRun {
  readonly byteLength: number
  /** Copies the rows into `target` from `at` on. */
  read(target: Buffer, at: number): Promise<void>
  /** Writes `byte` over each newline of the rows that were read into `target` at `at`. */
  joinWith(byte: number, target: Buffer, at: number): void
  /** The rows in chunks; a chunk's bytes are the reader's to keep. */
  stream(): AsyncIterable<Buffer>
}

/** How many bytes some runs have together. */
export function bytesOf(runs: readonly RowRun[]): number {
  return runs.reduce((sum, run) => sum + run.byteLength, 0)
}
