import { bodyStart } from './json-walk.ts'

/**
 * Calls `visit` for each line that is not blank, with where its text starts and ends (white space
 * around it left out), its number in the body (from 1), and whether a line end follows it. Only LF
 * ends a line: U+2028 and the like stand inside of texts.
 */
export function eachLine(
  body: Buffer,
  visit: (start: number, end: number, line: number, isEnded: boolean) => void,
): void {
  let index = bodyStart(body)
  for (let line = 1; index < body.length; line += 1) {
    const found = body.indexOf(0x0a, index)
    const stop = found === -1 ? body.length : found
    let start = index
    while (start < stop && isSpace(body[start])) start += 1
    let end = stop
    while (end > start && isSpace(body[end - 1])) end -= 1
    if (start < end) visit(start, end, line, found !== -1)
    index = stop + 1
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09
}
