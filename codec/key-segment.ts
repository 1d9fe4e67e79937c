/**
 * Writes any text as one segment of an object key. Letters, digits, `.`, `_` and `-` stay; every
 * other byte of the UTF-8 form becomes `=` and two hexadecimal digits, so `team/a` is `team=2Fa`.
 * Reversible. The empty text is `=`, and `.` and `..` are escaped whole, because stores and proxies
 * treat them as folders. Not percent signs: consoles and proxies decode those once too often.
 *
 * Throws `RangeError` for a lone surrogate, which has no UTF-8 form to come back from.
 */
export function escapeKeySegment(text: string): string {
  if (text === '') return '='
  if (!text.isWellFormed()) throw new RangeError('a lone surrogate cannot be part of an object key')
  if (text === '.' || text === '..') return text.replaceAll('.', '=2E')
  return Array.from(Buffer.from(text), escapeByte).join('')
}

/** The text that `escapeKeySegment` wrote; undefined for what it would never write. */
export function unescapeKeySegment(segment: string): string | undefined {
  if (segment === '=') return ''
  const bytes: number[] = []
  for (let at = 0; at < segment.length; at += 1) {
    if (segment[at] === '=') {
      bytes.push(Number.parseInt(segment.slice(at + 1, at + 3), 16))
      at += 2
    } else {
      bytes.push(segment.charCodeAt(at))
    }
  }
  const text = Buffer.from(bytes).toString('utf8')
  return segment !== '' && text !== '' && escapeKeySegment(text) === segment ? text : undefined
}

function escapeByte(byte: number): string {
  const letter = String.fromCharCode(byte)
  if (/[A-Za-z0-9._-]/.test(letter)) return letter
  return `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
}
