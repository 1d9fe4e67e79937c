/** More would be a cycle, or close to one. */
const maxDepth = 500

/** For a value that has no place in a record: a mistake in the program that made it. */
export class UnwritableValueError extends Error {
  override readonly name = 'UnwritableValueError'

  /** @param what Its kind: nothing of the value itself. */
  constructor(what: string) {
    super(`a record holds ${what}`)
  }
}

/**
 * A record as one line of JSON. A bigint keeps its digits, a Date is ISO 8601, bytes are hexadecimal
 * behind `\x`, members that are undefined are left out. Numbers and dates that JSON has not are written
 * as what is no JSON, so that their record is set aside and not changed.
 *
 * @throws UnwritableValueError
 */
export function jsonLine(record: unknown): string {
  return `${jsonText(record, 0) ?? 'null'}\n`
}

function jsonText(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      // Half of a surrogate pair is written as its escape.
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return undefined
    case 'object':
      return value === null ? 'null' : objectText(value, depth + 1)
    case 'function':
    case 'symbol':
      throw new UnwritableValueError(`a ${typeof value}`)
  }
}

function objectText(value: object, depth: number): string | undefined {
  if (depth > maxDepth) throw new UnwritableValueError('objects inside of objects without end')
  if (Array.isArray(value)) {
    return `[${Array.from(value, (element) => jsonText(element, depth) ?? 'null').join(',')}]`
  }
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : `"${value.toISOString()}"`
  }
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value
    return `"\\\\x${Buffer.from(buffer, byteOffset, byteLength).toString('hex')}"`
  }
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    return jsonText(Reflect.apply(value.toJSON, value, ['']), depth)
  }
  const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
  if (kind !== 'Object') {
    throw new UnwritableValueError(/^\w{1,40}$/.test(kind) ? `a ${kind}` : 'an unusual object')
  }
  const members = Object.entries(value).flatMap(([name, member]) => {
    const text = jsonText(member, depth)
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`]
  })
  return `{${members.join(',')}}`
}
