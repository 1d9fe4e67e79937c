import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, Socket } from 'node:net'
import { describe, it } from 'node:test'
import { Connection } from 'pg'
import { from as copyFrom, type CopyStreamQuery } from 'pg-copy-streams'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { sendCopy } from '../../../src/targets/postgres/send-copy.ts'

/** What `pg` calls while a COPY goes on. */
type Copy = CopyStreamQuery & {
  handleCopyInResponse?(connection: Connection): void
  handleReadyForQuery?(): void
}

const size = 20 * 1024
const count = 1000
const copyDone = Buffer.from('6300000004', 'hex')

async function* buffers(length: number): AsyncGenerator<Buffer> {
  for (let number = 0; number < length; number += 1) yield Buffer.alloc(size, number % 251)
}

/** A COPY whose bytes go through a real connection to somebody who reads when the test wants it. */
async function openCopy(): Promise<{ copy: Copy; connection: Connection; reader: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const socket = connect(address.port, '127.0.0.1')
  const [[reader]] = await Promise.all([once(server, 'connection'), once(socket, 'connect')])
  server.close()
  assert.ok(reader instanceof Socket)
  const connection = new Connection({ stream: () => socket })
  const copy: Copy = copyFrom('COPY t FROM STDIN')
  copy.submit(connection)
  return { copy, connection, reader }
}

describe('sending a COPY', () => {
  it('gives a buffer back only when nobody reads it any more', { timeout: 30_000 }, async () => {
    const { copy, connection, reader } = await openCopy()
    let givenBack = 0
    const sending = sendCopy({ copy: () => copy, toPipelineError: assert.fail }, 'COPY', {
      bytes: buffers(count),
      giveBack(buffer) {
        givenBack += 1
        // As the encoder does: the next rows are written into it.
        buffer.fill(0xff)
      },
    })
    // PostgreSQL answers late, and nothing is read before stream and connection hold all they can.
    while (!copy.writableNeedDrain) await new Promise(setImmediate)
    copy.handleCopyInResponse?.(connection)
    while (!connection.stream.writableNeedDrain) await new Promise(setImmediate)
    const received: Buffer[] = []
    reader.on('data', (data: Buffer) => {
      received.push(data)
      if (data.subarray(-copyDone.length).equals(copyDone)) copy.handleReadyForQuery?.()
    })
    reader.resume()
    await sending
    connection.stream.destroy()
    const bytes = Buffer.concat(received)
    const first = bytes.indexOf(Buffer.from([0x64, 0, 0, (size + 4) >> 8, (size + 4) & 0xff]))
    for (let number = 0; number < count; number += 1) {
      const start = first + number * (size + 5) + 5
      assert.ok(
        bytes.subarray(start, start + size).equals(Buffer.alloc(size, number % 251)),
        `buffer ${number} was changed before it was sent`,
      )
    }
    assert.ok(givenBack > count / 2, `${givenBack} given back`)
  })

  it('throws what PostgreSQL says while the source has nothing to send', async () => {
    const { copy, connection, reader } = await openCopy()
    const refused = new PipelineError('TARGET_FAILED', 'refused', { remedy: 'none' })
    const { promise: never } = Promise.withResolvers<void>()
    async function* silent(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(1)
      await never
    }
    const sending = sendCopy({ copy: () => copy, toPipelineError: () => refused }, 'COPY', {
      bytes: silent(),
      giveBack() {},
    })
    setImmediate(() => copy.emit('error', new Error('as pg reports it')))
    await assert.rejects(sending, refused)
    connection.stream.destroy()
    reader.destroy()
  })
})
