import type { Client } from 'pg'
import type { ColumnType } from '../../../activities/pipeline-definition.ts'
import { sampledTypes, type Sample } from './random-types.ts'

/** The texts in which PostgreSQL shows the samples' values. */
export type Texts = ReadonlyMap<Sample, string | null>

/** NULL of any type. */
export const nothing: Sample = { value: null, literal: null }

/** Asks PostgreSQL to read and show the literals of these columns' values. */
export async function readTexts(
  client: Client,
  of: readonly {
    readonly type: ColumnType
    readonly tableType?: string | undefined
    readonly samples: readonly Sample[]
  }[],
): Promise<Texts> {
  const texts = new Map<Sample, string | null>([[nothing, null]])
  for (const { type, tableType = typeName(type), samples } of of) {
    const { rows } = await client.query<{ text: string }>(
      `SELECT literal::${typeName(type)}::${tableType}::text AS text
         FROM unnest($1::text[]) WITH ORDINALITY AS all_of (literal, place) ORDER BY place`,
      [samples.map(({ literal }) => literal)],
    )
    for (const [index, sample] of samples.entries()) texts.set(sample, rows[index]?.text ?? null)
  }
  return texts
}

export const readSampledTexts = (client: Client): Promise<Texts> => readTexts(client, sampledTypes)

/** A type of PostgreSQL's that takes every value of the declared one as it is; by `choice` one of several. */
export function widerType(type: ColumnType, choice: number): string {
  const wider = widerTypes[type.kind] ?? [typeName(type)]
  return wider[choice % wider.length] ?? typeName(type)
}

const widerTypes: Readonly<Partial<Record<ColumnType['kind'], readonly string[]>>> = {
  smallint: ['integer', 'bigint', 'numeric(10, 2)', 'numeric'],
  integer: ['bigint', 'numeric', 'numeric(12, 1)'],
  bigint: ['numeric', 'numeric(30, 5)'],
  numeric: ['numeric', 'numeric(50, 20)'],
  text: ['varchar', 'text'],
}

function typeName(type: ColumnType): string {
  if (type.kind === 'array') return `${typeName(type.element)}[]`
  if (type.kind === 'numeric') return `numeric(${type.precision}, ${type.scale})`
  return type.kind === 'double' ? 'float8' : type.kind
}

/** Below 0 where `left` comes first; NULL comes before everything, and NaN behind. */
export function compareSamples(
  left: Sample,
  right: Sample,
  texts: Texts,
  type: ColumnType,
): number {
  const [one, other] = [left, right].map((sample) => rankOf(sample, texts, type))
  if (one === undefined || other === undefined) {
    return (one === undefined ? 0 : 1) - (other === undefined ? 0 : 1)
  }
  if (typeof one === 'string' || typeof other === 'string') {
    return Buffer.compare(Buffer.from(String(one)), Buffer.from(String(other)))
  }
  return one < other ? -1 : one > other ? 1 : 0
}

function rankOf(
  sample: Sample,
  texts: Texts,
  { kind }: ColumnType,
): number | bigint | string | undefined {
  const { value } = sample
  if (value === null) return undefined
  switch (kind) {
    case 'numeric': {
      // PostgreSQL shows as many decimals as the type has.
      const text = texts.get(sample) ?? ''
      return text === 'NaN' ? 10n ** 60n : BigInt(text.replace('.', ''))
    }
    case 'text':
      return String(value)
    case 'double':
      // Behind every infinity there is no other number, so bits stand for the order of all.
      return Number.isNaN(value) ? 2n ** 70n : doubleRank(Number(value))
    default:
      if (typeof value === 'number' || typeof value === 'bigint') return value
      throw new Error(`there is no order of ${kind}`)
  }
}

/** Whole numbers in the order of doubles; 0 and -0 are one. */
function doubleRank(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, Math.abs(value))
  const size = view.getBigUint64(0)
  return value < 0 ? -size : size
}
