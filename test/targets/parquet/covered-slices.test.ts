import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ParquetTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { parsePartition } from '../../../src/pipeline/partition.ts'
import { storeUnderTest } from '../../codec/store-under-test.ts'
import { idColumns, ids, useParquetBed } from './parquet-bed.ts'

const days = ['2026-10-31', '2026-11-01', '2026-11-30', '2026-12-01']

describe('the slices that a Parquet target has', () => {
  const bed = useParquetBed()

  async function covered(
    prefix: string,
    mode: ParquetTargetDefinition['mode'],
    pipeline = 'flights',
  ): Promise<string[]> {
    const { bucket } = storeUnderTest()
    const slices = await bed.target.coveredSlices({
      target: { kind: 'parquet', bucket, prefix, mode },
      columns: idColumns,
      signal: AbortSignal.timeout(30_000),
      pipeline,
      slices: days.map((day) => parsePartition(day)),
    })
    return [...slices].toSorted()
  }

  test('are those of published loads of the pipeline, longer ones too', async () => {
    const prefix = bed.newPrefix()
    const mode = 'replace-interval'
    assert.deepEqual(await covered(prefix, mode), [])
    for (const partition of ['2026-11', '2026-12-01T00..2026-12-01T11', '2026-10-31']) {
      const load = await bed.load(prefix, [ids(0, 3)], { partition, target: { mode } })
      if (partition === '2026-10-31') await load.stage(bed.target)
      else await load.run(bed.target)
    }
    assert.deepEqual(await covered(prefix, mode), ['2026-11-01', '2026-11-30'])
    assert.deepEqual(await covered(prefix, mode, 'others'), [])
  })

  test('are all up to the latest where each load takes the place of all', async () => {
    const prefix = bed.newPrefix()
    const load = await bed.load(prefix, [ids(0, 3)], { partition: '2026-11-30' })
    await load.run(bed.target)
    assert.deepEqual(await covered(prefix, 'replace'), days.slice(0, 3))
    assert.deepEqual(await covered(prefix, 'replace', 'others'), [])
  })
})
