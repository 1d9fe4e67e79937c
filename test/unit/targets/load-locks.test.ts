import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DatasetId } from '../../../activities/load-target.ts'
import {
  discardName,
  publishName,
  stageName,
  worksFor,
} from '../../../src/targets/postgres/load-locks.ts'

const datasetId = '00000000-0000-4000-8000-000000000000' as DatasetId
const other = '00000000-0000-4000-8000-000000000001' as DatasetId

describe('the names of transactions', () => {
  test('are not cut by PostgreSQL, and say what they work for', () => {
    const greatest = 2 ** 31 - 1
    const names = [stageName(datasetId, greatest), publishName(datasetId), discardName(datasetId)]
    for (const name of names) {
      assert.ok(Buffer.byteLength(name) <= 63, name)
      assert.ok(worksFor(datasetId, name), name)
      assert.ok(!worksFor(other, name), name)
    }
    assert.notEqual(stageName(datasetId, greatest - 1), stageName(datasetId, greatest))
  })
})
