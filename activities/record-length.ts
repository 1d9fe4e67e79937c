/**
 * As large as a page may be by default. DuckDB holds a record several times while it reads it, and
 * does not get through much longer ones within its memory limit.
 */
const maxRecordBytes = 64 * 1024 * 1024

/** Why a record of so many bytes cannot be converted, in words; undefined where it can. */
export function lengthProblem(bytes: number): string | undefined {
  if (bytes <= maxRecordBytes) return undefined
  return `the record is longer than ${maxRecordBytes} bytes`
}
