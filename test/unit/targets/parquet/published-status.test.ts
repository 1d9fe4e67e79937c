import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ParquetTargetDefinition } from '../../../../activities/pipeline-definition.ts'
import type { ObjectKey } from '../../../../codec/index.ts'
import { parsePartition } from '../../../../src/pipeline/partition.ts'
import { overlap } from '../../../../src/targets/parquet/check-slices.ts'
import {
  findPublishedStatus,
  type PublishedStatus,
} from '../../../../src/targets/parquet/published-status.ts'
import type { TargetBucket } from '../../../../src/targets/parquet/target-bucket.ts'
import { manifestKey, manifestsFolder } from '../../../../src/targets/parquet/target-layout.ts'
import { manifestOf } from './manifest-of.ts'

const hourMs = 3_600_000
const daily: ParquetTargetDefinition = {
  kind: 'parquet',
  bucket: 'lake',
  prefix: 'flights',
  mode: 'replace-interval',
}
const nothing: PublishedStatus = {
  intervalEnd: null,
  publishedAt: null,
  rows: null,
  rowsRejected: null,
  fieldsMissing: null,
}

interface Published {
  readonly partition: string
  readonly timezone?: string
  readonly pipeline?: string
  /** Since 2020. */
  readonly writtenMs?: number
  readonly counted?: { readonly rejectCount?: number; readonly missingFields?: readonly string[] }
}

/** A prefix with these manifests, and what was read of them. */
function bucketOf(published: readonly Published[], target = daily) {
  const read: string[] = []
  const objects = new Map<ObjectKey, Published>()
  for (const manifest of published) objects.set(manifestKey(target, manifest.partition), manifest)
  const bodyOf = ({ partition, timezone, pipeline = 'flights', counted }: Published) => {
    const { interval } = parsePartition(partition, timezone)
    const rowCount = partition.length
    return { ...manifestOf(target, { pipeline, partition, interval, rowCount }), ...counted }
  }
  const bucket: Pick<TargetBucket, 'list' | 'findJson'> = {
    async *list(prefix) {
      assert.equal(prefix, manifestsFolder(target))
      for (const [key, { writtenMs = 0 }] of objects) {
        yield { key, sizeBytes: 1, lastModified: new Date(Date.UTC(2020, 0) + writtenMs) }
      }
    },
    async findJson(key, schema) {
      read.push(key)
      const found = objects.get(key)
      return found && { value: schema.parse(bodyOf(found)), etag: undefined }
    },
  }
  const status = (pipeline = 'flights') => findPublishedStatus(bucket, { target, pipeline })
  return { status, read }
}

const endOf = ({ partition, timezone }: Published): number =>
  Date.parse(parsePartition(partition, timezone).interval.end)

/** Days from 2016 on. */
const days = (count: number): string[] =>
  Array.from({ length: count }, (_, day) =>
    new Date(Date.UTC(2016, 0, 1 + day)).toISOString().slice(0, 10),
  )

describe('how a pipeline into Parquet stands', () => {
  it('is not known before the first load', async () => {
    assert.deepEqual(await bucketOf([]).status(), nothing)
    assert.deepEqual(await bucketOf([{ partition: '2026-01-01' }]).status('others'), nothing)
  })

  it('is told by the load that was published last, and by the newest slice', async () => {
    const { status, read } = bucketOf([
      { partition: '2026-01-03', writtenMs: 1000 },
      {
        partition: '2026-01-01',
        writtenMs: 5000,
        counted: { rejectCount: 4, missingFields: ['a'] },
      },
      { partition: '2026-01-02', writtenMs: 3000 },
    ])
    assert.deepEqual(await status(), {
      intervalEnd: new Date('2026-01-04T00:00:00Z'),
      publishedAt: new Date('2020-01-01T00:00:05Z'),
      rows: 10,
      rowsRejected: 4,
      fieldsMissing: 1,
    })
    assert.equal(read.length, 2)
  })

  it('has no counts that an earlier version has not written down', async () => {
    const told = await bucketOf([{ partition: '2026-01' }]).status()
    assert.deepEqual([told?.rowsRejected, told?.fieldsMissing], [null, null])
    const none = { rejectCount: 0, missingFields: [] }
    const counted = await bucketOf([{ partition: '2026-01', counted: none }]).status()
    assert.deepEqual([counted?.rowsRejected, counted?.fieldsMissing], [0, 0])
  })

  it('is told by the one manifest of all, where each load takes the place of all', async () => {
    const whole = { ...daily, mode: 'replace' } as const
    const { status } = bucketOf([{ partition: '2026-01-01', timezone: 'Asia/Tokyo' }], whole)
    assert.equal((await status())?.intervalEnd?.toISOString(), '2026-01-01T15:00:00.000Z')
    assert.deepEqual(await status('others'), nothing)
    assert.deepEqual(await bucketOf([], whole).status(), nothing)
  })

  it('takes one manifest of thousands', async () => {
    const thousands = days(2000).map((partition, at) => ({ partition, writtenMs: at * 1000 }))
    const hours = days(80).flatMap((day) =>
      Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}`),
    )
    for (const published of [
      thousands,
      hours.map((partition, at) => ({ partition, writtenMs: at })),
      thousands.map((slice) => ({ ...slice, timezone: 'Pacific/Auckland' })),
      thousands.map((slice) => ({ ...slice, timezone: 'America/Los_Angeles' })),
    ]) {
      const { status, read } = bucketOf(published)
      const newest: Published | undefined = published.at(-1)
      assert.ok(newest !== undefined)
      assert.equal((await status())?.intervalEnd?.getTime(), endOf(newest))
      assert.equal(read.length, 1)
    }
  })

  it('is not told where many newer manifests are of another pipeline', async () => {
    const old = { partition: '2015', pipeline: 'old' }
    const others = (count: number) =>
      days(count).map((partition, at) => ({ partition, writtenMs: 1 + at }))
    assert.equal((await bucketOf([old, ...others(3)]).status('old'))?.rows, 4)
    const { status, read } = bucketOf([old, ...others(1000)])
    assert.equal(await status('old'), undefined)
    assert.ok(read.length <= 16)
  })

  it('is the same as when every manifest were read, whatever their slices and clocks are', async () => {
    const zones = ['UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'America/New_York', 'Asia/Kolkata']
    const slice = fc.record({
      startMs: fc
        .integer({ min: 0, max: 60 * 24 })
        .map((hour) => Date.UTC(2026, 0) + hour * hourMs),
      name: fc.constantFrom<(start: string) => string>(
        (start) => start.slice(0, 13),
        (start) => start.slice(0, 10),
        (start) => start.slice(0, 7),
        (start) => `${start.slice(0, 10)}..2026-03-02`,
      ),
      timezone: fc.constantFrom(...zones),
      pipeline: fc.constantFrom('flights', 'flights', 'others'),
      writtenMs: fc.integer({ min: 0, max: 5 }),
    })
    const isAlone = fc.boolean()
    let told = 0
    await fc.assert(
      fc.asyncProperty(fc.array(slice, { maxLength: 40 }), isAlone, async (slices, alone) => {
        const published: Published[] = []
        for (const { startMs, name, timezone, pipeline, writtenMs } of slices) {
          const { name: partition, interval } = parsePartition(
            name(new Date(startMs).toISOString()),
            timezone,
          )
          const isFree = published.every(
            (other) =>
              other.partition !== partition &&
              !overlap(interval, parsePartition(other.partition, other.timezone).interval),
          )
          const owner = alone ? 'flights' : pipeline
          if (isFree) published.push({ partition, timezone, pipeline: owner, writtenMs })
        }
        const { status, read } = bucketOf(published)
        const found = await status()
        const own = published.filter(({ pipeline }) => pipeline === 'flights')
        if (alone) assert.ok(found !== undefined && read.length <= 3, `${read.length} were read`)
        if (found === undefined) return
        told += 1
        if (own.length === 0) return assert.deepEqual(found, nothing)
        const writtenMs = Math.max(...own.map((one) => one.writtenMs ?? 0))
        assert.equal(found.publishedAt?.getTime(), Date.UTC(2020, 0) + writtenMs)
        if (alone) assert.ok(found.intervalEnd !== null)
        if (found.intervalEnd === null) return undefined
        assert.equal(found.intervalEnd.getTime(), Math.max(...own.map(endOf)))
      }),
      { numRuns: 200 },
    )
    assert.ok(told > 120)
  })
})
