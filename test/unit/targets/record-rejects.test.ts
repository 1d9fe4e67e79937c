import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RejectedRecord } from '../../../activities/load-target.ts'
import type { PublishRequest } from '../../../src/targets/postgres/postgres-requests.ts'
import { recordRejects } from '../../../src/targets/postgres/record-rejects.ts'
import type { Session } from '../../../src/targets/postgres/sessions.ts'

async function* once(batch: readonly RejectedRecord[]) {
  yield batch
}

/** Positions of the records that each statement writes. */
async function statementsFor(raws: readonly string[]): Promise<unknown[][]> {
  const statements: unknown[][] = []
  const session: Partial<Session> = {
    query: async (_text: string, values: readonly unknown[] = []) => {
      const positions = values[4]
      assert.ok(Array.isArray(positions))
      statements.push(positions)
      return { rows: [], rowCount: positions.length }
    },
  }
  const rejects = raws.map((raw, record) => {
    return { page: 'p', record, line: null, reason: 'r', fields: null, raw }
  })
  const request: Partial<PublishRequest> = { rejectCount: raws.length, rejects: once(rejects) }
  await recordRejects(session as Session, request as PublishRequest)
  return statements
}

describe('what was set aside', () => {
  test('is written in statements of bounded size, nothing twice and all of it', async () => {
    const many = await statementsFor(Array.from({ length: 2500 }, () => 'x'))
    assert.deepEqual(
      many.map(({ length }) => length),
      [1000, 1000, 500],
    )
    assert.deepEqual(many.flat(), [...Array(2500).keys()])

    const long = 'x'.repeat(3 * 1024 * 1024)
    const longest = 'x'.repeat(9 * 1024 * 1024)
    assert.deepEqual(await statementsFor([long, 'x', long, longest, 'x']), [[0, 1], [2], [3], [4]])
    assert.deepEqual(await statementsFor([]), [])
  })
})
