import type { DatasetId } from '../../../activities/load-target.ts'
import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { type AdvisoryLock, advisoryLock } from './advisory-lock.ts'
import { displayTable } from './sql-name.ts'

/**
 * Names of transactions, as `pg_stat_activity` shows them, and the locks by which they keep out of
 * each other's way. PostgreSQL cuts names at 63 bytes; these fit.
 */

/** With the part's number in hexadecimal: ten digits would be one too many. */
export function stageName(datasetId: DatasetId, partNumber: number): string {
  return `claimcheck stage ${datasetId} ${partNumber.toString(16)}`
}

export function publishName(datasetId: DatasetId): string {
  return `claimcheck publish ${datasetId}`
}

export function discardName(datasetId: DatasetId): string {
  return `claimcheck discard ${datasetId}`
}

/** Whether a transaction of this name works for the dataset. */
export function worksFor(datasetId: DatasetId, name: string): boolean {
  return (
    name.startsWith(stageName(datasetId, 0).slice(0, -1)) ||
    name === publishName(datasetId) ||
    name === discardName(datasetId)
  )
}

/** One load at a time into a table. */
export function tableLock(target: PostgresTargetDefinition): AdvisoryLock {
  return advisoryLock(['table', displayTable(target)])
}

/** Shared by those who fill a dataset's staging table, held alone by who empties it. */
export function datasetLock(datasetId: DatasetId, shared: 'shared' | 'alone'): AdvisoryLock {
  return advisoryLock(['dataset', datasetId], shared === 'shared')
}

/** One attempt at a time at a part. */
export function partLock(datasetId: DatasetId, partNumber: number): AdvisoryLock {
  return advisoryLock(['part', datasetId, String(partNumber)])
}
