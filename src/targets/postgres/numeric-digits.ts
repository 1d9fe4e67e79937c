const POSITIVE = 0x0000
const NEGATIVE = 0x4000
const NOT_A_NUMBER = 0xc000
const POSITIVE_INFINITY = 0xd000
const NEGATIVE_INFINITY = 0xf000

const ZERO = 48
const NINE = 57
const DOT = 46
const MINUS = 45

const SPECIAL: ReadonlyMap<string, number> = new Map([
  ['NaN', NOT_A_NUMBER],
  ['Infinity', POSITIVE_INFINITY],
  ['-Infinity', NEGATIVE_INFINITY],
])

/** Bytes that `writeNumeric` may need for a text of this length. */
export function numericBytes(textLength: number): number {
  return 8 + 2 * ((textLength >> 2) + 3)
}

/**
 * Writes decimal text (`-12.50`, `NaN`, `Infinity`; no exponent) as PostgreSQL's binary numeric:
 * base-10000 digits from the first that is not zero, with the text's number of fraction digits
 * kept. Exact at any length.
 *
 * @returns the offset behind it, or -1 when the text is not a decimal number.
 */
export function writeNumeric(view: DataView, start: number, text: string): number {
  const special = SPECIAL.get(text)
  if (special !== undefined) return writeHeader(view, start, 0, 0, special, 0)

  const negative = text.charCodeAt(0) === MINUS
  const first = negative ? 1 : 0
  const dot = text.indexOf('.', first)
  const integerEnd = dot === -1 ? text.length : dot
  const scale = dot === -1 ? 0 : text.length - dot - 1
  if (integerEnd - first + scale === 0) return -1

  // Groups of four count from the decimal point, so the first may hold fewer than four digits.
  const integerGroups = (integerEnd - first + 3) >> 2
  let at = start + 8
  let weight = integerGroups - 1
  let group = 0
  let missing = integerGroups * 4 - (integerEnd - first)
  let inGroup = missing
  let started = false
  let lastNonZero = at
  for (let index = first; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === DOT && index === integerEnd) continue
    if (code < ZERO || code > NINE) return -1
    group = group * 10 + code - ZERO
    inGroup += 1
    if (inGroup < 4) continue
    if (started || group !== 0) {
      started = true
      view.setInt16(at, group)
      at += 2
      if (group !== 0) lastNonZero = at
    } else {
      weight -= 1
    }
    group = 0
    inGroup = 0
  }
  if (inGroup !== 0) {
    for (missing = 4 - inGroup; missing > 0; missing -= 1) group *= 10
    if (group !== 0) {
      view.setInt16(at, group)
      lastNonZero = at + 2
      started = true
    }
  }
  const digits = (lastNonZero - start - 8) >> 1
  if (digits === 0) return writeHeader(view, start, 0, 0, POSITIVE, scale)
  writeHeader(view, start, digits, weight, negative ? NEGATIVE : POSITIVE, scale)
  return lastNonZero
}

function writeHeader(
  view: DataView,
  start: number,
  digits: number,
  weight: number,
  sign: number,
  scale: number,
): number {
  view.setInt16(start, digits)
  view.setInt16(start + 2, weight)
  view.setUint16(start + 4, sign)
  view.setInt16(start + 6, scale)
  return start + 8
}
