import { randomNumbers } from './random-numbers.ts'

/** One of every type, and arrays. */
export const hardColumns = {
  id: { type: 'integer', key: true },
  double: 'double',
  decimal: 'numeric(38, 10)',
  big: 'bigint',
  flag: 'boolean',
  words: 'text',
  day: 'date',
  at: 'timestamp',
  moment: 'timestamptz',
  clock: 'time',
  name: 'uuid',
  json: 'json',
  document: 'jsonb',
  bytes: 'bytea',
  doubles: 'double[]',
  texts: 'text[]',
  moments: 'timestamptz[]',
  flags: 'boolean[]',
  documents: 'jsonb[]',
}

/** Rows that are as hard to write as can be, one column after the other. */
export function hardRows(): Record<string, unknown>[] {
  const random = randomNumbers(8)
  const anyDouble = (): number => {
    const view = new DataView(new ArrayBuffer(8))
    for (let at = 0; at < 8; at += 1) view.setUint8(at, Math.floor(random() * 256))
    const value = view.getFloat64(0)
    return Number.isFinite(value) ? value : 0
  }
  const doubles = [
    1e23,
    5e22,
    5e-324,
    2 ** -44,
    2 ** 60,
    0.1,
    1e15,
    1e14,
    1e-4,
    1e-5,
    -0,
    123456789012345680,
    ...Array.from({ length: 300 }, anyDouble),
    ...Array.from({ length: 300 }, () => 2 ** Math.floor(random() * 2000 - 1000)),
  ]
  const moments = [
    '2001-02-28T23:59:59.999999Z',
    '0044-03-15 12:00:00+01 BC',
    '4713-12-01 00:00:00Z BC',
    '12345-01-01T00:00:00.1Z',
    'infinity',
    '-infinity',
    '2000-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59.000001Z',
  ]
  const words = [
    '',
    'NULL',
    'null',
    'a,b',
    '{x}',
    'a"b\\c',
    ' x ',
    'line\nend',
    'é\u{1f600}',
    'plain',
  ]
  const documents = [{ b: 1, aa: [1, null, true], a: { é: '\u0001\t"\\' } }, [], {}, 'text', [[{}]]]
  const raw = ['{"n":1.50e1,"z":-0.0,"e":1E-7,"n":12345678901234567890.10}', '[0e5, -0, 1e3, 0.10]']
  return doubles.map((double, index) => ({
    id: index,
    double: Object.is(double, -0) ? '-0' : double,
    decimal: ['0.5', '-12345678901234567890.1234567890', '0', '1e3'][index % 4],
    big: ['-9223372036854775808', '9223372036854775807', null][index % 3],
    flag: [true, false, null][index % 3],
    words: words[index % words.length],
    day: ['2001-01-01', '0044-03-15 BC', 'infinity', '5874897-12-31', '2100-02-28'][index % 5],
    at: ['2001-01-01 00:00:00.5', '0044-03-15 12:00:00 BC', '-infinity'][index % 3],
    moment: moments[index % moments.length],
    clock: ['24:00', '00:00:00.000001', '12:34:56.7'][index % 3],
    name: 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
    json: { b: 1, a: 2 },
    document: index < raw.length ? `RAW${index}` : documents[index % documents.length],
    bytes: ['\\xDEADbeef', '\\x', null][index % 3],
    doubles: [double, null, 1e23],
    texts: [...words, null],
    moments: [moments[index % moments.length], null],
    flags: [true, false, null],
    documents: index % 2 === 0 ? [] : [{ b: [1], a: 'x' }, null],
  }))
}

/** Numbers in documents keep their own digits. */
export function bodyOf(rows: readonly Record<string, unknown>[]): string {
  return JSON.stringify(rows)
    .replace('"RAW0"', '{"n":1.50e1,"z":-0.0,"e":1E-7,"n":12345678901234567890.10}')
    .replace('"RAW1"', '[0e5, -0, 1e3, 0.10]')
}
