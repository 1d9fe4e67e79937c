import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { invalidPipeline } from './pipeline-problem.ts'

/** Far above what anybody writes, and small enough to parse at once. */
const MAX_FILE_BYTES = 1 << 20

/**
 * The text of a pipeline file, without a byte order mark.
 * @throws CommandError PIPELINE_INVALID when it cannot be read or is not UTF-8.
 */
export async function readPipelineText(path: string): Promise<string> {
  const fail = (line: number, message: string) =>
    invalidPipeline(path, [{ line, column: 1, path: [], message }])
  let bytes: Buffer
  try {
    const { size } = await stat(path)
    if (size > MAX_FILE_BYTES) throw fail(1, `is larger than ${MAX_FILE_BYTES / 2 ** 20} MiB`)
    bytes = await readFile(path)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !('syscall' in error)) throw error
    throw fail(1, `cannot be read (${String(error.code)})`)
  }
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  throw fail(firstBrokenLine(bytes), 'is not UTF-8: save the file in that encoding')
}

/** 1-based. Lines can be looked at one by one, as no UTF-8 character holds a newline's byte. */
function firstBrokenLine(bytes: Buffer): number {
  let line = 1
  for (let start = 0; start < bytes.length; line += 1) {
    const end = bytes.indexOf(10, start)
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line
    start = end + 1
  }
  return line
}
