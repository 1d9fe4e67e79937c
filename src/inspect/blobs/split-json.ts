import { BlobsError } from './blobs-error.ts'

/**
 * The JSON objects and arrays of a text, one after the other, whatever stands between them.
 *
 * @throws BlobsError DECODE_INPUT_INVALID where there is none, or anything else than these
 */
export function splitJson(text: string): unknown[] {
  const values: unknown[] = []
  let start = 0
  let depth = 0
  let isInString = false
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? ''
    if (isInString) {
      if (letter === '\\') at += 1
      else if (letter === '"') isInString = false
    } else if (letter === '"') {
      if (depth === 0) throw noDocument()
      isInString = true
    } else if (letter === '{' || letter === '[') {
      if (depth === 0) start = at
      depth += 1
    } else if (letter === '}' || letter === ']') {
      depth -= 1
      if (depth === 0) values.push(parsed(text.slice(start, at + 1)))
    } else if (depth === 0 && !/[\s,\ufeff]/.test(letter)) {
      throw noDocument()
    }
    if (depth < 0) throw noDocument()
  }
  if (depth > 0 || values.length === 0) throw noDocument()
  return values
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not with its cause, which quotes what it read.
    throw noDocument()
  }
}

function noDocument(): BlobsError {
  return new BlobsError('DECODE_INPUT_INVALID', 'That is no claim, payload or history in JSON', {
    remedy:
      'Give what `temporal workflow show --output json` prints, one payload with `metadata` and `data`, or a claim.',
  })
}
