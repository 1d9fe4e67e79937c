/** Positions as a short text of hexadecimal digits, for an object's metadata: a bit for each. */
export function formatPositions(positions: readonly number[]): string {
  return positions.reduce((bits, position) => bits | (1n << BigInt(position)), 0n).toString(16)
}

/** The positions, from the least on, that are in all of the texts; none where there is no text. */
export function commonPositions(texts: readonly string[]): number[] {
  const [first, ...others] = texts.map((text) => BigInt(`0x${text}`))
  const common = others.reduce((bits, other) => bits & other, first ?? 0n)
  return Array.from(common.toString(2))
    .toReversed()
    .flatMap((bit, position) => (bit === '1' ? [position] : []))
}
