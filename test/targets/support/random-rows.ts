import { compareSamples, type Texts } from './random-cells.ts'
import { dayText, type RandomTable, type SampleRow } from './random-tables.ts'

/** A row as texts. */
export type ShownRow = readonly (string | null)[]

/** A row with the part that it came in. */
export interface StagedRow {
  readonly row: SampleRow
  readonly part: number
}

/** What rows of a table are to one another. */
export class RowRelations {
  readonly #table: RandomTable
  readonly #texts: Texts

  constructor(table: RandomTable, texts: Texts) {
    this.#table = table
    this.#texts = texts
  }

  /** Whether a load of the day is about the row. */
  isMeant(row: SampleRow, day: number): boolean {
    const { mode, intervalColumn } = this.#table.target
    if (mode !== 'replace-interval') return true
    const sample = row[this.#indexOf(intervalColumn)]
    return sample?.literal?.startsWith(dayText(day)) === true
  }

  /** Whether two rows of one key have the same values beside it; all, where there is none. */
  isSame(first: SampleRow, second: SampleRow): boolean {
    const [one, other] = [first, second].map((row) =>
      JSON.stringify(this.textsOf(row.filter((_, index) => !this.#isKey(index)))),
    )
    return one === other
  }

  /** Whether the first has a greater value to order by than the second. */
  isNewer(first: SampleRow, second: SampleRow): boolean {
    const index = this.#indexOf(this.#table.target.orderBy)
    const type = this.#table.columns[index]?.type
    const [one, other] = [first[index], second[index]]
    if (type === undefined || one === undefined || other === undefined) return false
    return compareSamples(one, other, this.#texts, type) > 0
  }

  /** Of each key the row that wins. */
  winners(rows: readonly StagedRow[]): StagedRow[] {
    const winners = new Map<string, StagedRow>()
    for (const of of rows) {
      const key = this.keyOf(of.row)
      const other = winners.get(key)
      if (other === undefined || !this.isNewer(other.row, of.row)) winners.set(key, of)
    }
    return [...winners.values()]
  }

  /** What is one key to PostgreSQL is one text: -0 is 0. */
  keyOf(row: SampleRow): string {
    const texts = this.textsOf(row.filter((_, index) => this.#isKey(index)))
    return JSON.stringify(texts.map((text) => text?.replaceAll(/(?<=^|[{,])-0(?=$|[},])/g, '0')))
  }

  /** The row in the place of another one, whose key stays as it is written there. */
  inPlaceOf(there: SampleRow, row: SampleRow): SampleRow {
    return row.map((cell, index) => (this.#isKey(index) ? (there[index] ?? cell) : cell))
  }

  textsOf(row: SampleRow): ShownRow {
    return row.map((sample) => {
      const text = this.#texts.get(sample)
      if (text === undefined) throw new Error(`no text was read for ${sample.literal}`)
      return text
    })
  }

  #indexOf(name: string | undefined): number {
    return this.#table.columns.findIndex(({ definition }) => definition.name === name)
  }

  #isKey(index: number): boolean {
    return this.#table.columns[index]?.definition.key === true
  }
}

export function sorted(rows: readonly ShownRow[]): ShownRow[] {
  const texts = rows.map((row) => ({ row, text: JSON.stringify(row) }))
  return texts
    .toSorted((one, other) => (one.text < other.text ? -1 : one.text > other.text ? 1 : 0))
    .map(({ row }) => row)
}
