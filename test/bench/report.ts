/** The middle value; of an even count, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length / 2
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits))
}

export function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** The figures as one line of JSON, or one a line for people. */
export function printFigures(figures: Readonly<Record<string, unknown>>, json: boolean): void {
  if (json) return void process.stdout.write(`${JSON.stringify(figures)}\n`)
  for (const [name, value] of Object.entries(figures)) {
    process.stdout.write(`${name.padEnd(26)} ${JSON.stringify(value)}\n`)
  }
}
