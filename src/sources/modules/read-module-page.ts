import { PipelineError } from '../../../activities/pipeline-error.ts'
import { jsonLine, UnwritableValueError } from './json-line.ts'
import { moduleFailed } from './module-error.ts'

const shape = 'Yield { records: […], next } or { body, next }; next is left out on the last page.'

/**
 * What a module has yielded, as the body of a page.
 *
 * @throws PipelineError MODULE_FAILED, PAGE_TOO_LARGE
 */
export function readModulePage(
  yielded: unknown,
  { path, maxBytes }: { readonly path: string; readonly maxBytes: number },
): { readonly body: Buffer; readonly next: unknown } {
  if (typeof yielded !== 'object' || yielded === null) {
    throw moduleFailed(path, 'yields what is no page', shape)
  }
  const { records, body, next, ...others }: Record<string, unknown> = { ...yielded }
  const isPage = Array.isArray(records)
    ? body === undefined
    : records === undefined && (typeof body === 'string' || body instanceof Uint8Array)
  if (!isPage || Object.keys(others).length > 0) {
    throw moduleFailed(path, 'yields what is no page', shape)
  }
  return { body: Array.isArray(records) ? linesOf(records) : bytesOf(body), next }

  function linesOf(all: readonly unknown[]): Buffer {
    const lines: string[] = []
    let sizeBytes = 0
    for (const [index, record] of all.entries()) {
      const line = lineOf(record, index)
      sizeBytes += Buffer.byteLength(line)
      if (sizeBytes > maxBytes) throw tooLarge(path, maxBytes)
      lines.push(line)
    }
    return Buffer.from(lines.join(''))
  }

  function lineOf(record: unknown, index: number): string {
    try {
      return jsonLine(record)
    } catch (error) {
      if (!(error instanceof UnwritableValueError)) throw error
      const problem = `yields a page of which record ${index} cannot be written: ${error.message}`
      throw moduleFailed(path, problem, 'Have the module make plain values of it.')
    }
  }

  function bytesOf(given: unknown): Buffer {
    const bytes = typeof given === 'string' ? Buffer.from(wellFormed(given)) : copyOf(given)
    if (bytes.length > maxBytes) throw tooLarge(path, maxBytes)
    return bytes
  }
}

/** Half of a surrogate pair as its escape: what reads the line then knows what it was. */
function wellFormed(text: string): string {
  if (text.isWellFormed()) return text
  return text.replaceAll(
    /[\ud800-\udfff]/gu,
    (half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The module may use its own for the next page already. */
function copyOf(bytes: unknown): Buffer {
  return Buffer.from(bytes instanceof Uint8Array ? bytes : [])
}

function tooLarge(path: string, maxBytes: number): PipelineError {
  return new PipelineError('PAGE_TOO_LARGE', `a page is larger than ${maxBytes} bytes`, {
    at: { module: path },
    remedy:
      'Have the module yield smaller pages, or raise `limits.page_bytes` of the pipeline file.',
  })
}
