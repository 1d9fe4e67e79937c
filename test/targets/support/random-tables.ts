import * as fc from 'fast-check'
import {
  isJsonType,
  type ColumnDefinition,
  type LoadMode,
  type PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { column } from './column.ts'
import { nothing, widerType } from './random-cells.ts'
import type { Kill } from './random-kills.ts'
import { sampledTypes, type Sample, type SampledType } from './random-types.ts'

export type SampleRow = readonly Sample[]

export interface RandomColumn extends SampledType {
  readonly definition: ColumnDefinition
  /** Of a table that is there before its first load, and may be wider: as SQL. */
  readonly tableType?: string | undefined
}

export interface RandomLoad {
  readonly parts: readonly (readonly SampleRow[])[]
  /** The day that the load is for, from 0. */
  readonly day: number
  readonly kills: readonly Kill[]
  /** Whether its parts are left in the store where the target would take them from there. */
  readonly isLeft: boolean
  /** How many of the columns the load has, from the first on, where it has not all. */
  readonly width?: number | undefined
}

export interface RandomTable {
  readonly columns: readonly RandomColumn[]
  readonly target: Pick<PostgresTargetDefinition, 'mode'> & Partial<PostgresTargetDefinition>
  readonly loads: readonly RandomLoad[]
}

/** A target's settings, beside what the columns have to be for it. */
export interface TargetShape {
  readonly mode: LoadMode
  readonly hasKey: boolean
  readonly isOrdered?: boolean
  readonly onMissing?: 'keep' | 'delete' | 'mark'
  /** Whether a row of one slice may come again in another one. @default false */
  readonly moves?: boolean
  /** Whether later loads have more columns, which the table is to get. @default false */
  readonly evolves?: boolean
}

const names = ['value', 'Value', 'a b', '"', "it's", 'é', '$1', '%s', 'order', 'x'.repeat(63)]

/** All but JSON, of which PostgreSQL takes different texts for one value. */
const keyTypes: SampledType[] = [
  ...sampledTypes.filter(({ type }) => !isJsonType(type)),
  {
    type: { kind: 'integer' },
    samples: Array.from({ length: 40 }, (_, id) => ({ value: id, literal: String(id) })),
  },
]
const orderedKinds = ['smallint', 'integer', 'bigint', 'numeric', 'double', 'text', 'date']
const orderedTypes = sampledTypes.filter(({ type }) =>
  [...orderedKinds, 'timestamp', 'timestamptz'].includes(type.kind),
)

/** As PostgreSQL shows the beginning of a day, counted from 2025-11-29, in UTC. */
export function dayMoment(day: number): string {
  return `${dayText(day)} 00:00:00+00`
}

export function dayText(day: number): string {
  return new Date(Date.UTC(2025, 10, 29 + day)).toISOString().slice(0, 10)
}

const daysInUse = [0, 1, 2, 3]

/** Dates and times of the days that loads are for. */
const intervalTypes: SampledType[] = [
  { type: { kind: 'date' }, samples: daysInUse.map((day) => momentOf(day, 'date')) },
  ...(['timestamp', 'timestamptz'] as const).map((kind) => ({
    type: { kind },
    samples: daysInUse.flatMap((day) =>
      [0n, 45_296_789_012n, 86_399_999_999n].map((micros) => momentOf(day, kind, micros)),
    ),
  })),
]

function momentOf(day: number, kind: 'date' | 'timestamp' | 'timestamptz', micros = 0n): Sample {
  if (kind === 'date') return { value: 20_421 + day, literal: dayText(day) }
  const time = new Date(Number(micros / 1000n)).toISOString().slice(11, 23)
  const value = BigInt(20_421 + day) * 86_400_000_000n + micros
  const zone = kind === 'timestamptz' ? '+00' : ''
  const digits = String(micros % 1000n).padStart(3, '0')
  return { value, literal: `${dayText(day)} ${time}${digits}${zone}` }
}

const maxLoads = 5

interface DrawnColumn extends SampledType {
  readonly isKey: boolean
}

const drawn = (types: readonly SampledType[], isKey = false): fc.Arbitrary<DrawnColumn> =>
  fc.constantFrom(...types).map((of) => ({ ...of, isKey }))
const drawnOnce = (wanted: boolean, types: readonly SampledType[], isKey = false) =>
  fc.array(drawn(types, isKey), { minLength: wanted ? 1 : 0, maxLength: wanted ? 1 : 0 })

/** Tables that a target of the shape may have, with several loads into each. */
export function randomTables(
  shape: TargetShape,
  kills: fc.Arbitrary<readonly Kill[]>,
): fc.Arbitrary<RandomTable> {
  const { mode, hasKey, isOrdered = false, onMissing, moves = false, evolves = false } = shape
  const hasInterval = mode === 'replace-interval'
  return fc
    .record({
      // A key that has the day in it is of one slice only.
      interval: drawnOnce(hasInterval, intervalTypes, hasKey && !moves),
      keys: fc.array(drawn(keyTypes, true), {
        minLength: hasKey ? 1 : 0,
        maxLength: hasKey ? 2 : 0,
      }),
      order: drawnOnce(isOrdered, orderedTypes),
      others: fc.array(drawn(sampledTypes), { minLength: hasKey ? 0 : 1, maxLength: 5 }),
      names: fc.shuffledSubarray(names, { minLength: 9 }),
      allowEmpty: fc.boolean(),
      lineage: fc.boolean(),
      isThere: evolves ? fc.constant(false) : fc.boolean(),
      widths: fc.array(fc.nat(5), { minLength: maxLoads, maxLength: maxLoads }),
    })
    .chain(({ names: some, allowEmpty, lineage, isThere, widths, ...of }) => {
      const columns = [...of.interval, ...of.keys, ...of.order, ...of.others].map(
        ({ type, samples, isKey }, index) => {
          // Copies: in a wider type the value has another text.
          const own = isThere ? samples.map((sample) => ({ ...sample })) : samples
          return {
            type,
            samples: isKey || (hasInterval && index === 0) ? own : [...own, nothing],
            definition: column(some[index] ?? '', type, isKey ? 'key' : undefined),
            tableType: isThere ? widerType(type, index) : undefined,
          }
        },
      )
      const target = {
        mode,
        onMissing,
        allowEmpty,
        lineage,
        orderBy: isOrdered ? some[of.interval.length + of.keys.length] : undefined,
        intervalColumn: hasInterval ? some[0] : undefined,
      }
      const least = Math.max(1, columns.length - of.others.length)
      const grown = widths.toSorted((one, other) => one - other).map((more) => least + more)
      return loadsOf(columns, mode, kills).map((all) => {
        const loads = evolves ? all.map((load, index) => narrowed(load, grown[index])) : all
        const table = { columns, target, loads }
        return { ...table, [fc.toStringMethod]: () => described(columns, target, loads) }
      })
    })
}

function loadsOf(
  columns: readonly RandomColumn[],
  mode: LoadMode,
  kills: fc.Arbitrary<readonly Kill[]>,
): fc.Arbitrary<RandomLoad[]> {
  const load = daysInUse.map((day) => {
    const cells = columns.map(({ samples }, index) => {
      const isInterval = mode === 'replace-interval' && index === 0
      const some = isInterval
        ? samples.filter((of) => of.literal?.startsWith(dayText(day)))
        : samples
      return fc.constantFrom(...some)
    })
    const rows = fc.oneof(
      { weight: 9, arbitrary: fc.array(fc.tuple(...cells), { maxLength: 60 }) },
      { weight: 1, arbitrary: fc.constant<SampleRow[]>([]) },
    )
    const cuts = fc.array(fc.nat(60), { maxLength: 3 })
    return fc
      .record({ rows, cuts, kills, isLeft: fc.boolean() })
      .map(({ rows: some, cuts: at, ...of }) => ({ parts: splitAt(some, at), day, ...of }))
  })
  const loads = fc.array(fc.oneof(...load), { minLength: 2, maxLength: maxLoads })
  if (mode !== 'history') return loads
  const inOrder = loads.map((some) => some.toSorted((one, other) => one.day - other.day))
  return fc.oneof({ weight: 1, arbitrary: loads }, { weight: 4, arbitrary: inOrder })
}

/** The same load without the columns from `width` on, which stay NULL. */
function narrowed(load: RandomLoad, width = 0): RandomLoad {
  const parts = load.parts.map((rows) =>
    rows.map((row) => row.map((cell, index) => (index < width ? cell : nothing))),
  )
  return { ...load, parts, width }
}

function splitAt(rows: readonly SampleRow[], cuts: readonly number[]): SampleRow[][] {
  const edges = [0, ...cuts.map((cut) => cut % (rows.length + 1)), rows.length].toSorted(
    (one, other) => one - other,
  )
  return edges.slice(1).map((edge, index) => rows.slice(edges[index], edge))
}

/** What a failed run is told by. */
function described(
  columns: readonly RandomColumn[],
  target: RandomTable['target'],
  loads: readonly RandomLoad[],
): string {
  return JSON.stringify({
    columns: columns.map(({ definition: { name, type, key }, tableType }) => {
      return { name, type, key, tableType }
    }),
    target,
    loads: loads.map(({ parts, day, kills, width }) => ({
      day,
      width,
      kills,
      parts: parts.map((rows) => rows.map((row) => row.map(({ literal }) => literal))),
    })),
  })
}
