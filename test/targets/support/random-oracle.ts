import type { DatasetId, LoadCounts } from '../../../activities/load-target.ts'
import type { Texts } from './random-cells.ts'
import { RowRelations, sorted, type ShownRow, type StagedRow } from './random-rows.ts'
import { dayMoment, type RandomLoad, type RandomTable } from './random-tables.ts'

/** A row of the table, as loads wrote it. */
interface TableRow extends StagedRow {
  readonly datasetId: DatasetId
  readonly validFrom: string | null
  readonly validTo: string | null
  readonly deletedAt: string | null
}

export type OracleOutcome = LoadCounts | { readonly refused: string }

interface Tally {
  inserted: number
  updated: number
  unchanged: number
  deleted: number
}

/** What a table holds, by the rules of its mode, worked out row by row. */
export class Oracle {
  readonly #table: RandomTable
  readonly #relations: RowRelations
  readonly #hasKey: boolean
  #rows: TableRow[] = []
  /** Days of which rows were loaded; in a history all that were. */
  readonly #days = new Set<number>()

  constructor(table: RandomTable, texts: Texts) {
    this.#table = table
    this.#relations = new RowRelations(table, texts)
    this.#hasKey = table.columns.some(({ definition }) => definition.key)
  }

  /** The rows as texts, in the order of those. */
  rows(): ShownRow[] {
    const { mode, onMissing, lineage } = this.#table.target
    return sorted(
      this.#rows.map((of) => [
        ...this.#relations.textsOf(of.row),
        ...(mode === 'history' ? [of.validFrom, of.validTo] : []),
        ...(onMissing === 'mark' ? [of.deletedAt] : []),
        ...(lineage === true ? [of.datasetId, String(of.part)] : []),
      ]),
    )
  }

  load({ parts, day }: RandomLoad, datasetId: DatasetId): OracleOutcome {
    const staged = parts.flatMap((rows, part) => rows.map((row) => ({ row, part })))
    const winners = this.#hasKey ? this.#relations.winners(staged) : staged
    const tally: Tally = { inserted: 0, updated: 0, unchanged: 0, deleted: 0 }
    const next = this.#next(winners, day, datasetId, tally)
    if ('refused' in next) return next
    this.#rows = [...next]
    if (staged.length > 0 || this.#table.target.mode === 'history') this.#days.add(day)
    return {
      rowsStaged: staged.length,
      rowsInserted: tally.inserted,
      rowsUpdated: tally.updated,
      rowsUnchanged: tally.unchanged,
      rowsDuplicate: staged.length - winners.length,
      rowsDeleted: tally.deleted,
    }
  }

  #next(
    winners: readonly StagedRow[],
    day: number,
    datasetId: DatasetId,
    tally: Tally,
  ): readonly TableRow[] | { readonly refused: string } {
    const { mode, allowEmpty = false } = this.#table.target
    const written = (of: StagedRow): TableRow => ({
      ...of,
      datasetId,
      validFrom: dayMoment(day + 1),
      validTo: null,
      deletedAt: null,
    })
    if (mode === 'append') return this.#appended(winners.map(written), day, tally)
    if (mode === 'history' && [...this.#days].some((loaded) => loaded > day)) {
      return { refused: 'INTERVAL_OUT_OF_ORDER' }
    }
    const next =
      mode === 'history'
        ? this.#withVersions(winners, day, written, tally)
        : this.#hasKey
          ? this.#merged(winners, day, written, tally)
          : this.#swapped(winners.map(written), day, tally)
    const isEmptied = winners.length === 0 && tally.deleted > 0 && !allowEmpty
    return isEmptied ? { refused: 'TARGET_WOULD_BE_EMPTIED' } : next
  }

  #appended(rows: readonly TableRow[], day: number, tally: Tally) {
    if (this.#days.has(day)) return { refused: 'INTERVAL_LOADED' }
    const keys = new Set(
      this.#hasKey ? this.#rows.map(({ row }) => this.#relations.keyOf(row)) : [],
    )
    if (rows.some(({ row }) => keys.has(this.#relations.keyOf(row))))
      return { refused: 'TARGET_MISMATCH' }
    tally.inserted = rows.length
    return [...this.#rows, ...rows]
  }

  /** Without a key all rows go, or none where they are the same. */
  #swapped(rows: readonly TableRow[], day: number, tally: Tally): readonly TableRow[] {
    const [left, stay] = this.#meant(day)
    const texts = (some: readonly TableRow[]) =>
      JSON.stringify(sorted(some.map(({ row }) => this.#relations.textsOf(row))))
    if (texts(left) === texts(rows)) {
      tally.unchanged = rows.length
      return this.#rows
    }
    tally.inserted = rows.length
    tally.deleted = left.length
    return [...stay, ...rows]
  }

  #merged(
    winners: readonly StagedRow[],
    day: number,
    written: (of: StagedRow) => TableRow,
    tally: Tally,
  ): readonly TableRow[] {
    const { mode, onMissing = 'keep' } = this.#table.target
    const next: TableRow[] = []
    // Of a slice too a key may come from another one.
    const left = new Map(this.#rows.map((of) => [this.#relations.keyOf(of.row), of]))
    for (const of of winners) {
      const key = this.#relations.keyOf(of.row)
      const there = left.get(key)
      left.delete(key)
      if (there === undefined) {
        tally.inserted += 1
        next.push(written(of))
        continue
      }
      const isProtected = mode !== 'replace' && this.#relations.isNewer(there.row, of.row)
      const isUnchanged = isProtected || this.#relations.isSame(there.row, of.row)
      if (isUnchanged && there.deletedAt === null) {
        tally.unchanged += 1
        next.push(there)
      } else {
        tally.updated += 1
        const row = this.#relations.inPlaceOf(there.row, of.row)
        // Of a row that is newer only the mark goes.
        next.push(isProtected ? { ...there, deletedAt: null } : written({ ...of, row }))
      }
    }
    for (const there of left.values()) {
      const isKept =
        mode === 'merge'
          ? onMissing === 'keep' || there.deletedAt !== null
          : !this.#relations.isMeant(there.row, day)
      if (isKept) next.push(there)
      else {
        tally.deleted += 1
        if (onMissing === 'mark') next.push({ ...there, deletedAt: dayMoment(day + 1) })
      }
    }
    return next
  }

  /** What an earlier load of the day has done is undone first. */
  #withVersions(
    winners: readonly StagedRow[],
    day: number,
    written: (of: StagedRow) => TableRow,
    tally: Tally,
  ): readonly TableRow[] {
    const now = dayMoment(day + 1)
    const keyed = (some: readonly TableRow[]) =>
      new Map(some.map((of) => [this.#relations.keyOf(of.row), of]))
    const valid = keyed(this.#rows.filter(({ validTo }) => validTo === null))
    const madeNow = keyed(this.#rows.filter(({ validFrom }) => validFrom === now))
    const undone = this.#rows
      .filter(({ validFrom }) => validFrom !== now)
      .map((of) => (of.validTo === now ? { ...of, validTo: null } : of))
    const before = keyed(undone.filter(({ validTo }) => validTo === null))
    const next = undone.filter(({ validTo }) => validTo !== null)
    for (const of of winners) {
      const key = this.#relations.keyOf(of.row)
      const [was, earlier, again] = [valid.get(key), before.get(key), madeNow.get(key)]
      const stays =
        earlier !== undefined &&
        (this.#relations.isSame(earlier.row, of.row) ||
          this.#relations.isNewer(earlier.row, of.row))
      const row = this.#relations.inPlaceOf(again?.row ?? of.row, of.row)
      const isMade = again !== undefined && this.#relations.isSame(again.row, of.row)
      const made = isMade ? { ...again, validTo: null } : written({ ...of, row })
      const version = stays ? earlier : made
      if (earlier !== undefined && !stays) next.push({ ...earlier, validTo: now })
      next.push(version)
      if (was === undefined) tally.inserted += 1
      else if (
        was.validFrom === version.validFrom &&
        this.#relations.isSame(was.row, version.row)
      ) {
        tally.unchanged += 1
      } else tally.updated += 1
      for (const some of [valid, before]) some.delete(key)
    }
    const ends = this.#table.target.onMissing === 'delete'
    for (const of of before.values()) next.push(ends ? { ...of, validTo: now } : of)
    tally.deleted = [...valid.values()].filter(({ validFrom }) => ends || validFrom === now).length
    return next
  }

  /** The rows that the load is about, and all others. */
  #meant(day: number): [TableRow[], TableRow[]] {
    const isMeant = ({ row }: TableRow) => this.#relations.isMeant(row, day)
    return [this.#rows.filter(isMeant), this.#rows.filter((of) => !isMeant(of))]
  }
}
