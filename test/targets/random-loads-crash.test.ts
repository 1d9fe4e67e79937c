import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { after, before, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createPostgresTarget } from '../../src/targets/postgres/postgres-target.ts'
import { startSecondPostgres } from '../support/second-postgres.ts'
import { openRandomBed, type RandomBed } from './support/random-bed.ts'
import { oneCrash } from './support/random-kills.ts'
import { randomSeed } from '../support/random-seed.ts'
import { randomShapes } from './support/random-shapes.ts'
import { randomTables } from './support/random-tables.ts'
import { sampleLoad } from './support/sample-load.ts'

const second = await startSecondPostgres()
if (!('missing' in second)) after(() => second.stop())
const skip = 'missing' in second ? second.missing : false

describe('random loads into a server that is killed', { skip, timeout: 300_000 }, () => {
  let bed: RandomBed

  before(async () => {
    assert.ok(!('missing' in second))
    bed = await openRandomBed(second.url, () => second.crash())
  })
  after(async () => {
    await bed?.close()
  })

  it('leave the table as an oracle says', async () => {
    const tables = fc.oneof(...randomShapes.map((shape) => randomTables(shape, oneCrash)))
    const property = fc.asyncProperty(tables, (table) => bed.play(table))
    await fc.assert(property, { numRuns: 8, seed: randomSeed, endOnFailure: true })
    assert.ok(bed.killCount > 0)
  })
})

describe('a server that ends a session as it begins', () => {
  it('fails the load, and not the process', async () => {
    // Welcome and farewell come in one piece, as they do where a server dies at that moment.
    const farewell = 'SFATAL\0VFATAL\0C57P01\0Mterminating connection\0\0'
    const answer = [message('R', '\0\0\0\0'), message('Z', 'I'), message('E', farewell)].join('')
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end(answer, 'latin1'))
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    assert.ok(typeof address === 'object' && address !== null)
    const target = createPostgresTarget({ url: `postgres://user@127.0.0.1:${address.port}/any` })
    try {
      await assert.rejects(target.check(sampleLoad('any', []).request), { retryable: true })
    } finally {
      await target.close()
      server.close()
    }
  })
})

/** A message of PostgreSQL's protocol; its length counts itself. */
function message(kind: string, body: string): string {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(body.length + 4)
  return `${kind}${length.toString('latin1')}${body}`
}
