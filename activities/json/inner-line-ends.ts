/** Why the line ends inside of a record make it no JSON; undefined where they stand between tokens. */
export function lineEndProblem(body: Buffer, start: number, end: number): string | undefined {
  let isQuoted = false
  for (let index = start; index < end; index += 1) {
    const byte = body[index]
    if (byte === 0x22) isQuoted = !isQuoted
    else if (byte === 0x5c) index += 1
    else if (isQuoted && (byte === 0x0a || byte === 0x0d)) return 'a text holds a bare line end'
  }
  return undefined
}

/** Puts spaces in the place of a record's line ends, which NDJSON does not have between tokens. */
export function unfold(body: Buffer, start: number, end: number): void {
  for (let index = start; index < end; index += 1) {
    if (body[index] === 0x0a || body[index] === 0x0d) body[index] = 0x20
  }
}
