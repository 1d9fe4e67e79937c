import { randomUUID } from 'node:crypto'
import { definitionKey } from '../../activities/bucket-layout.ts'
import { putJson } from '../../activities/json-object.ts'
import type { CoverageRequest, DatasetId, LoadTarget } from '../../activities/load-target.ts'
import type { PinnedRun } from '../../activities/run-reference.ts'
import { MemoryObjectStore } from '../../codec/index.ts'
import { plainDefinition } from './plain-definition.ts'

const interval = { start: '2001-01-01T00:00:00Z', end: '2001-01-02T00:00:00Z' }

/** A store that knows of runs, and a target that has what tables of these names were loaded with. */
export function loadedLongAgo({
  partition,
  tables,
}: {
  readonly partition: string
  readonly tables: readonly string[]
}) {
  const store = new MemoryObjectStore()
  const asked: CoverageRequest[] = []
  const target: Partial<LoadTarget> = {
    async coveredSlices(request) {
      asked.push(request)
      const { target: into, slices } = request
      const isThere = into.kind === 'postgres' && tables.includes(into.table)
      return new Set(isThere ? slices.map(({ name }) => name) : [])
    },
  }
  return {
    store,
    target: target as LoadTarget,
    /** What the target was asked. */
    asked,
    /** Notes a run of the pipeline into a table, which is called after it if nothing else is said. */
    async note(pipeline: string, change: Partial<PinnedRun> = {}, table = pipeline): Promise<void> {
      const into = { kind: 'postgres', schema: 'public', table, mode: 'merge' } as const
      const run: PinnedRun = {
        definition: plainDefinition(pipeline, { target: into }),
        interval,
        requestedAt: '2001-01-02T00:00:00Z',
        ...change,
      }
      const place = { pipeline, partition, datasetId: randomUUID() as DatasetId }
      await putJson(store, definitionKey(place), run)
    },
  }
}
