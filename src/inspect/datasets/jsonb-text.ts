/** A value that is written already. */
class Written {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/**
 * JSON as PostgreSQL's jsonb writes it: members by the length of their names and then by their bytes, the
 * last of several with one name, numbers as decimals with all their digits.
 */
export function jsonbText(json: string): string {
  const write = (_: string, value: unknown, context?: { readonly source?: string }): Written => {
    if (typeof value === 'number') return new Written(numberText(context?.source ?? String(value)))
    if (typeof value === 'string') return new Written(stringText(value))
    if (Array.isArray(value)) return new Written(`[${value.map(textOf).join(', ')}]`)
    if (typeof value === 'object' && value !== null) return new Written(`{${membersText(value)}}`)
    return new Written(String(value))
  }
  return textOf(JSON.parse(json, write))
}

/** The reader writes what is inside before what it is in. */
function textOf(value: unknown): string {
  return value instanceof Written ? value.text : ''
}

function membersText(members: object): string {
  return Object.entries(members)
    .map(([name, value]: [string, unknown]) => ({ name, bytes: Buffer.from(name), value }))
    .toSorted(
      (one, other) =>
        one.bytes.length - other.bytes.length || Buffer.compare(one.bytes, other.bytes),
    )
    .map(({ name, value }) => `${stringText(name)}: ${textOf(value)}`)
    .join(', ')
}

const escapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}

function stringText(text: string): string {
  // Control characters are what is to be found here.
  // oxlint-disable-next-line no-control-regex
  const escaped = text.replaceAll(/["\\\u0000-\u001f]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0')
    return escapes[character] ?? `\\u${code}`
  })
  return `"${escaped}"`
}

/** With the point moved to where an exponent has it, and as many decimals as were written. */
function numberText(source: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(source) ?? []
  const decimals = Math.max(fraction.length - Number(exponent), 0)
  const point = whole.length + Number(exponent)
  const digits = `${'0'.repeat(Math.max(1 - point, 0))}${whole}${fraction}`
  const before = Math.max(point, 1)
  const left = digits
    .slice(0, before)
    .padEnd(before, '0')
    .replace(/^0+(?=\d)/, '')
  const right = digits.slice(before).padEnd(decimals, '0')
  const text = right === '' ? left : `${left}.${right}`
  return /[1-9]/.test(text) ? `${sign}${text}` : text
}
