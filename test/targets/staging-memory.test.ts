import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { createTestDatabase, type TestDatabase } from './support/test-database.ts'

const script = fileURLToPath(new URL('support/stage-child.ts', import.meta.url))
const outcome = z.object({ sentBytes: z.number(), grownBytes: z.number() })

describe('the memory that staging takes', { timeout: 300_000 }, () => {
  let database: TestDatabase

  before(async () => {
    database = await createTestDatabase()
  })
  after(() => database.drop())

  it('is a small share of what is sent: its buffers are used again', async () => {
    const env = { ...process.env, CLAIMCHECK_DATABASE_URL: database.url }
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env })
    const { sentBytes, grownBytes } = outcome.parse(JSON.parse(stdout))
    assert.ok(sentBytes >= 80_000_000)
    // Measured: 1 to 8 MB; 65 MB and more where no buffer is given back.
    assert.ok(grownBytes < 28_000_000, `${grownBytes} bytes`)
  })
})
