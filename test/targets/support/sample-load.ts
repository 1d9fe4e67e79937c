import { randomUUID } from 'node:crypto'
import type { DatasetId, LoadTarget, PublishOutcome } from '../../../activities/load-target.ts'
import type {
  PublishRequest,
  StagePartRequest,
} from '../../../src/targets/postgres/postgres-requests.ts'
import type {
  ColumnDefinition,
  PostgresTargetDefinition,
} from '../../../activities/pipeline-definition.ts'
import { column } from './column.ts'
import { partOf, type Row } from './part-chunk-of.ts'

export const flightColumns = [
  column('id', 'bigint', 'key'),
  column('carrier', 'text'),
  column('delay', 'integer'),
]

export interface SampleLoad {
  readonly datasetId: DatasetId
  readonly request: PublishRequest
  part(partNumber: number, signal?: AbortSignal): StagePartRequest
  /** Stages every part, one after another. */
  stage(target: LoadTarget): Promise<void>
  /** Checks, stages and publishes. */
  run(target: LoadTarget): Promise<PublishOutcome>
}

/** What is otherwise than in most loads. */
export interface SampleChange {
  readonly target?: Partial<PostgresTargetDefinition>
  readonly request?: Partial<Omit<PublishRequest, 'target'>>
  /** Whether parts that are not staged can be read when the load is published. @default false */
  readonly isLeft?: boolean
}

/** A dataset of these parts on its way into a table of schema public. */
export function sampleLoad(
  table: string,
  parts: readonly (readonly Row[])[],
  columns: readonly ColumnDefinition[] = flightColumns,
  change: SampleChange = {},
): SampleLoad {
  const datasetId = newDatasetId()
  const signal = AbortSignal.timeout(300_000)
  const target = {
    kind: 'postgres',
    schema: 'public',
    table,
    mode: 'merge',
    ...change.target,
  } as const
  const request: PublishRequest = {
    target,
    columns,
    signal,
    datasetId,
    pipeline: 'flights',
    partition: '2026-11-23',
    interval: { start: '2026-11-23T00:00:00Z', end: '2026-11-24T00:00:00Z' },
    manifestKey: `datasets/flights/2026-11-23/${datasetId}/manifest.json`,
    parts: parts.map((rows, partNumber) => ({ partNumber, rowCount: rows.length })),
    requestedAt: '2026-11-24T02:00:00Z',
    readPart:
      change.isLeft === true ? (partNumber, use) => use(part(partNumber).chunks) : undefined,
    ...change.request,
  }
  const part = (partNumber: number, partSignal = signal): StagePartRequest => {
    const rows = parts[partNumber] ?? []
    const chunks = partOf(columns, rows)
    return {
      target,
      columns,
      signal: partSignal,
      datasetId,
      partNumber,
      rowCount: rows.length,
      chunks,
    }
  }
  const stage = async (loadTarget: LoadTarget) => {
    for (const { partNumber } of request.parts) await loadTarget.stagePart(part(partNumber))
  }
  return {
    datasetId,
    request,
    part,
    stage,
    async run(loadTarget) {
      await loadTarget.check(request)
      await stage(loadTarget)
      return loadTarget.publish(request)
    },
  }
}

export function newDatasetId(): DatasetId {
  // The brand marks what a run has made, and here the test is the run.
  return randomUUID() as DatasetId
}

/** Rows `[id, carrier, delay]` for ids from `first`. */
export function flights(first: number, count: number, carrier = 'DY'): Row[] {
  return Array.from({ length: count }, (_, index) => [BigInt(first + index), carrier, index % 60])
}
