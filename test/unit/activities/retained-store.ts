import {
  definitionKey,
  landingPrefix,
  landingStateKey,
  manifestKey,
  partKey,
} from '../../../activities/bucket-layout.ts'
import { putJson } from '../../../activities/json-object.ts'
import type { DatasetId } from '../../../activities/load-target.ts'
import type { RetentionDefinition } from '../../../activities/pipeline-definition.ts'
import type { DatasetGarbagePorts } from '../../../activities/retention/dataset-garbage.ts'
import { datasetGarbage } from '../../../activities/retention/dataset-garbage.ts'
import type { DatasetLoad } from '../../../activities/retention/dataset-use.ts'
import type { Garbage, GarbageKept } from '../../../activities/retention/garbage.ts'
import { MemoryObjectStore, type ObjectKey } from '../../../codec/index.ts'
import { plainDefinition } from '../../support/plain-definition.ts'

export const now = new Date('2026-11-29T03:00:00Z')
const dayMs = 86_400_000

export interface StoredRun {
  readonly pipeline?: string
  readonly partition?: string
  /** Makes the id; the same number is the same dataset. */
  readonly number: number
  readonly ageDays: number
  readonly rule?: RetentionDefinition | undefined
  readonly isSealed?: boolean
  readonly isPlan?: boolean
  readonly landing?: { readonly fetchKey: string; readonly sequence: number }
  readonly partsOf?: number | undefined
  /** When it was loaded; not at all where that is undefined. */
  readonly loadedAgeDays?: number | undefined
}

export function idOf(number: number): DatasetId {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` as DatasetId
}

/** A store as runs leave it, at times of one's own, and what servers know of these runs. */
export class RetainedStore {
  #time = now
  readonly store = new MemoryObjectStore({ clock: () => this.#time })
  readonly loads: DatasetLoad[] = []
  /** `pipeline/partition` of those that are being loaded. */
  readonly open = new Set<string>()
  endedAt: Date | undefined

  at(ageDays: number): void {
    this.#time = new Date(now.getTime() - ageDays * dayMs)
  }

  async put(run: StoredRun): Promise<void> {
    const { pipeline = 'flights', partition = '2001', number, ageDays, isSealed = true } = run
    const { landing = { fetchKey: 'f', sequence: 1 }, rule, partsOf, isPlan = false } = run
    const datasetId = idOf(number)
    const place = { pipeline, partition, datasetId }
    const interval = { start: '2001-01-01T00:00:00Z', end: '2002-01-01T00:00:00Z' }
    this.at(ageDays)
    const requestedAt = this.#time.toISOString()
    await putJson(this.store, definitionKey(place), {
      definition: plainDefinition(pipeline, rule === undefined ? {} : { retention: rule }),
      interval,
      requestedAt,
      landing,
      ...(partsOf === undefined && !isPlan
        ? {}
        : { reprocessing: { datasetId: idOf(partsOf ?? 0), from: 'parts', plan: isPlan } }),
    })
    const made = { ...place, datasetId: partsOf === undefined ? datasetId : idOf(partsOf) }
    const key = partKey(made, 0)
    const body = Buffer.from('part')
    if (partsOf === undefined) await this.store.put(key, body, { contentType: 'x' })
    if (isSealed) {
      await putJson(this.store, manifestKey(place), {
        version: 1,
        ...place,
        interval,
        requestedAt,
        landing,
        ...(partsOf === undefined ? {} : { partsOf: idOf(partsOf) }),
        columns: [],
        rowCount: 0,
        rejectCount: 0,
        parts: [{ partNumber: 0, key, rowCount: 0, sizeBytes: body.length, sha256: '' }],
      })
    }
    if (run.loadedAgeDays !== undefined) {
      const loadedAt = new Date(now.getTime() - run.loadedAgeDays * dayMs)
      this.loads.push({ datasetId, target: `${pipeline}/${partition}`, loadedAt })
    }
  }

  /** A landing of one batch of one page, which a run chose when it was that old. */
  async putLanding(
    landing: { readonly fetchKey: string; readonly sequence: number },
    ageDays: number,
    { pipeline = 'flights', partition = '2001' } = {},
  ): Promise<void> {
    this.at(ageDays)
    const place = { pipeline, partition, landing }
    for (const name of ['batch-0.json', 'page-0.json.zst']) {
      const key = `${landingPrefix(place)}${name}` as ObjectKey
      await this.store.put(key, Buffer.from('x'), { contentType: 'x' })
    }
    const { fetchKey, sequence } = landing
    await putJson(this.store, landingStateKey({ ...place, fetchKey }), { sequence, datasetId: '' })
  }

  ports(change: Partial<DatasetGarbagePorts> = {}): DatasetGarbagePorts {
    return {
      store: this.store,
      loads: {
        findLoads: async ({ datasets }) =>
          this.loads.filter(({ datasetId }) =>
            datasets.some((dataset) => dataset.datasetId === datasetId),
          ),
      },
      runs: {
        partitionUse: async ({ pipeline, partition }) =>
          this.open.has(`${pipeline}/${partition}`)
            ? { kind: 'open', workflowId: `etl/${pipeline}/${partition}` }
            : { kind: 'ended', endedAt: this.endedAt },
      },
      ...change,
    }
  }

  async plan(
    change: Partial<DatasetGarbagePorts> = {},
  ): Promise<{ readonly garbage: Garbage[]; readonly kept: GarbageKept[] }> {
    const garbage: Garbage[] = []
    const kept: GarbageKept[] = []
    const { signal } = new AbortController()
    for await (const finding of datasetGarbage(this.ports(change))({ now, signal })) {
      if ('garbage' in finding) garbage.push(finding.garbage)
      else kept.push(finding.kept)
    }
    return { garbage, kept }
  }
}

/** The numbers of the datasets that some garbage is of. */
export function datasetsOf(garbage: readonly Pick<Garbage, 'key'>[]): number[] {
  const found = garbage.flatMap(({ key }) => {
    const [, number] = /^datasets\/[^/]+\/[^/]+\/0{8}-0{4}-4000-8000-(\d{12})\//.exec(key) ?? []
    return number === undefined ? [] : [Number(number)]
  })
  return [...new Set(found)].toSorted((one, other) => one - other)
}
