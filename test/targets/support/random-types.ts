import type { ColumnType, ScalarType } from '../../../activities/pipeline-definition.ts'
import type { Value } from './part-chunk-of.ts'

/** A value as a part holds it, beside the text from which PostgreSQL reads the same. */
export interface Sample {
  readonly value: Value
  readonly literal: string | null
}

export interface SampledType {
  readonly type: ColumnType
  readonly samples: readonly Sample[]
}

const mostMicros = 2n ** 63n - 1n

const plain = (values: readonly (number | bigint | string | boolean)[]): Sample[] =>
  values.map((value) => ({ value, literal: Object.is(value, -0) ? '-0' : String(value) }))
const pairs = (...of: readonly (readonly [Value, string])[]): Sample[] =>
  of.map(([value, literal]) => ({ value, literal }))
const moments = (zone: string): Sample[] =>
  pairs(
    [0n, `1970-01-01 00:00:00${zone}`],
    [-1n, `1969-12-31 23:59:59.999999${zone}`],
    [1_764_374_400_000_000n, `2025-11-29 00:00:00${zone}`],
    [1_764_374_400_000_001n, `2025-11-29 00:00:00.000001${zone}`],
    [1_764_460_800_000_000n, `2025-11-30 00:00:00${zone}`],
    [-62_135_596_800_000_000n, `0001-01-01 00:00:00${zone}`],
    [-210_866_803_200_000_000n, `4714-11-24 00:00:00${zone} BC`],
    [mostMicros - 1n, `294247-01-10 04:00:54.775806${zone}`],
    [mostMicros, 'infinity'],
    [-mostMicros, '-infinity'],
  )

const numeric: ScalarType = { kind: 'numeric', precision: 38, scale: 10 }

const scalars: readonly { readonly type: ScalarType; readonly samples: readonly Sample[] }[] = [
  { type: { kind: 'smallint' }, samples: plain([-32_768, 32_767, -1, 0, 1, 2]) },
  {
    type: { kind: 'integer' },
    samples: plain([-2_147_483_648, 2_147_483_647, -1, 0, 1, 2, 70_000]),
  },
  {
    type: { kind: 'bigint' },
    samples: plain([-(2n ** 63n), mostMicros, -1n, 0n, 1n, 2n ** 53n + 1n]),
  },
  {
    type: numeric,
    samples: plain([
      `${'9'.repeat(28)}.${'9'.repeat(10)}`,
      `-${'9'.repeat(28)}.${'9'.repeat(10)}`,
      '0',
      '-0.0000000001',
      '0.1000000000',
      '10000',
      '12345678901234567890.0000000001',
      'NaN',
    ]),
  },
  {
    type: { kind: 'numeric', precision: 5, scale: 2 },
    samples: plain(['0.00', '-0.01', '999.99', '1.10', '-7']),
  },
  {
    type: { kind: 'double' },
    samples: plain([0, -0, 0.1, 1 / 3, 5e-324, -1.7976931348623157e308, NaN, Infinity, -Infinity]),
  },
  { type: { kind: 'boolean' }, samples: plain([true, false]) },
  {
    type: { kind: 'text' },
    samples: plain([
      '',
      ' ',
      'a',
      'A',
      'a ',
      '\\.',
      '\\N',
      'NULL',
      'null',
      '\\',
      '"',
      "'",
      ',',
      '{}',
      '\t',
      '\r',
      '\n',
      '\r\n',
      '\\.\n',
      '\u0001',
      '\u007F',
      '\uFEFF',
      '\uFFFF',
      'é',
      'e\u0301',
      '😀',
      'ø'.repeat(3000),
    ]),
  },
  {
    type: { kind: 'date' },
    samples: pairs(
      [0, '1970-01-01'],
      [-1, '1969-12-31'],
      [20_421, '2025-11-29'],
      [20_422, '2025-11-30'],
      [-2_440_588, '4714-11-24 BC'],
      [2_145_042_905, '5874897-12-31'],
      [2 ** 31 - 1, 'infinity'],
      [1 - 2 ** 31, '-infinity'],
    ),
  },
  {
    type: { kind: 'time' },
    samples: pairs(
      [0n, '00:00'],
      [1n, '00:00:00.000001'],
      [43_200_000_000n, '12:00'],
      [86_399_999_999n, '23:59:59.999999'],
      [86_400_000_000n, '24:00'],
    ),
  },
  { type: { kind: 'timestamp' }, samples: moments('') },
  { type: { kind: 'timestamptz' }, samples: moments('+00') },
  {
    type: { kind: 'uuid' },
    samples: plain([
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '0b6c1a5e-7d3f-4c1e-9a55-0123456789ab',
    ]),
  },
  {
    type: { kind: 'json' },
    samples: plain([
      'null',
      '1',
      '1.0',
      ' 1 ',
      '{"a":1}',
      '{"a" :1}',
      '{"a":1,"a":2}',
      '"\\u0000"',
      '[]',
      '{"b": 12345678901234567890.10, "a": "\\\\N"}',
    ]),
  },
  {
    type: { kind: 'jsonb' },
    samples: plain([
      'null',
      '1',
      '1.0',
      '1.00',
      '{"a": 1}',
      '{"b": [1e2], "a": "ø"}',
      '""',
      '[]',
      '[null]',
    ]),
  },
  {
    type: { kind: 'bytea' },
    samples: [[], [0], [255, 0], [92, 46, 10], [92, 78]].map((bytes) => ({
      value: Uint8Array.from(bytes),
      literal: `\\x${Buffer.from(bytes).toString('hex')}`,
    })),
  },
]

/** Every type, with values that are extreme, hostile, and equal to one another in some eyes. */
export const sampledTypes: readonly SampledType[] = [
  ...scalars,
  ...scalars.map(({ type, samples }) => ({
    type: { kind: 'array', element: type } as const,
    samples: arraysOf(samples),
  })),
]

function arraysOf(samples: readonly Sample[]): Sample[] {
  const nothing: Sample = { value: null, literal: null }
  const half = Math.ceil(samples.length / 2)
  return [
    [],
    [nothing],
    samples.slice(0, 1),
    samples.slice(0, half),
    [nothing, ...samples.slice(half), nothing],
    samples.toReversed(),
  ].map((elements) => ({
    value: elements.map(({ value }) => elementOf(value)),
    literal: `{${elements.map(({ literal }) => elementText(literal)).join(',')}}`,
  }))
}

function elementOf(value: Value) {
  if (value !== null && typeof value === 'object' && !(value instanceof Uint8Array)) {
    throw new Error('an array of arrays')
  }
  return value
}

function elementText(literal: string | null): string {
  return literal === null ? 'NULL' : `"${literal.replaceAll(/["\\]/g, '\\$&')}"`
}
