import * as fc from 'fast-check'

/** A random value as JSON writes it, or `undefined` for null. */
export type Token = string | undefined

/** A random column with the type that the lattice gives it, worked out from how it was made. */
export interface RandomColumn {
  readonly name: string
  readonly tokens: readonly Token[]
  /** Of objects `objects`: jsonb, or a column for each member. */
  readonly type: string
}

interface Kind {
  readonly token: fc.Arbitrary<string>
  readonly type: (tokens: readonly string[]) => string
}

const two = (value: number): string => String(value).padStart(2, '0')
const digits = (least: number, most: number): fc.Arbitrary<string> =>
  fc
    .array(fc.nat(9), { minLength: least, maxLength: most })
    .map((all) => all.join('').replace(/^0+(?=\d)/, ''))
const sign = fc.constantFrom('', '-')
const day = fc
  .date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))
const time = fc
  .tuple(fc.nat(23), fc.nat(59), fc.nat(59), fc.constantFrom('', '.5', '.123456', '.1234560'))
  .map(([hour, minute, second, rest]) => `${two(hour)}:${two(minute)}:${two(second)}${rest}`)
const moment = fc.tuple(day, fc.constantFrom('T', ' '), time).map((parts) => parts.join(''))
const zoned = fc
  .tuple(moment, fc.constantFrom('Z', '+02:00', '-0530', '+14'))
  .map((parts) => parts.join(''))

const always = (type: string) => () => type
const quoted = (arbitrary: fc.Arbitrary<string>) => arbitrary.map((text) => JSON.stringify(text))
const withoutNul = (arbitrary: fc.Arbitrary<unknown>) =>
  arbitrary.map((value) => JSON.stringify(value)).filter((token) => !token.includes('\\u0000'))
const whole = (token: string): string => token.replace('-', '').split('.')[0] ?? ''
const fraction = (token: string): string => token.split('.')[1] ?? ''
const longest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length))

const kinds: readonly Kind[] = [
  { token: fc.constantFrom('true', 'false'), type: always('boolean') },
  {
    token: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
    type: always('bigint'),
  },
  {
    token: fc.tuple(sign, digits(20, 38)).map((parts) => parts.join('')),
    type: (tokens) =>
      tokens.every((token) => BigInt.asIntN(64, BigInt(token)) === BigInt(token))
        ? 'bigint'
        : `numeric(${longest(tokens.map(whole))}, 0)`,
  },
  {
    token: fc
      .tuple(sign, digits(1, 20), digits(1, 9))
      .map(([minus, one, other]) => `${minus}${one}.${other}`),
    type: (tokens) => {
      const scale = longest(tokens.map(fraction)) + 2
      return `numeric(${Math.min(38, longest(tokens.map(whole)) + 4 + scale)}, ${scale})`
    },
  },
  {
    token: fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .map((value) => value.toExponential()),
    type: always('double'),
  },
  { token: quoted(fc.uuid()), type: always('uuid') },
  { token: quoted(day), type: always('date') },
  { token: quoted(time), type: always('time') },
  { token: quoted(moment), type: always('timestamp') },
  { token: quoted(zoned), type: always('timestamptz') },
  {
    // A letter first, so that no text is something else by chance.
    token: quoted(
      fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => `x${text.replaceAll('\0', '')}`),
    ),
    type: always('text'),
  },
  {
    token: fc
      .uint8Array({ maxLength: 20 })
      .map((bytes) => JSON.stringify(`\\x${Buffer.from(bytes).toString('hex')}`)),
    type: always('bytea'),
  },
  { token: withoutNul(fc.array(fc.jsonValue())), type: always('jsonb') },
  {
    token: withoutNul(
      fc.record({
        id: fc.integer(),
        any: fc.jsonValue(),
        inner: fc.record({ amount: fc.double({ noNaN: true }), list: fc.array(fc.nat()) }),
      }),
    ),
    type: always('objects'),
  },
  { token: withoutNul(fc.dictionary(fc.string(), fc.jsonValue())), type: always('objects') },
]

const name = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 70 }),
    fc.constantFrom(
      'id',
      'ID',
      'null',
      'true',
      '1',
      'xmin',
      '__proto__',
      'a: b',
      "it's",
      '#',
      'y',
      '${A}',
    ),
  )
  .filter((text) => text.isWellFormed() && !text.includes('\0'))

/** Columns of equal length, each of one kind with nulls among its values. */
export const randomTable: fc.Arbitrary<readonly RandomColumn[]> = fc
  .record({
    names: fc.uniqueArray(name, {
      minLength: 1,
      maxLength: 6,
    }),
    records: fc.integer({ min: 1, max: 12 }),
  })
  .chain(({ names, records }) => fc.tuple(...names.map((each) => randomColumn(each, records))))

function randomColumn(columnName: string, records: number): fc.Arbitrary<RandomColumn> {
  return fc.constantFrom(...kinds).chain(({ token, type }) =>
    fc
      .array(fc.option(token, { nil: undefined, freq: 6 }), {
        minLength: records,
        maxLength: records,
      })
      .map((tokens) => {
        const values = tokens.filter((value) => value !== undefined)
        return { name: columnName, tokens, type: values.length === 0 ? 'text' : type(values) }
      }),
  )
}
