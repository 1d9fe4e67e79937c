import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import {
  createS3ObjectStore,
  type ObjectStore,
  type S3ObjectStoreOptions,
} from '../../../codec/index.ts'

export interface SeenRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface FakeS3 extends AsyncDisposable {
  readonly seen: readonly SeenRequest[]
  readonly store: ObjectStore
}

export const SECRET = 'secret-of-the-fake'

/** A server that answers as a test says, and a store that talks to it and hardly pauses before it tries again. */
export async function startFakeS3(
  answer: (request: SeenRequest, response: ServerResponse, count: number) => void,
  options: Partial<S3ObjectStoreOptions> = {},
): Promise<FakeS3> {
  const seen: SeenRequest[] = []
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('error', () => undefined)
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body: Buffer.concat(chunks) }
      seen.push(request)
      answer(request, response, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const store = createS3ObjectStore({
    endpoint: `http://127.0.0.1:${address.port}`,
    region: 'us-east-1',
    bucket: 'bucket',
    credentials: { accessKeyId: 'fake', secretAccessKey: SECRET },
    firstPauseMs: 1,
    ...options,
  })
  return {
    seen,
    store,
    async [Symbol.asyncDispose]() {
      store.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** An S3 error document. */
export function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' })
  response.end(
    status === 304
      ? undefined
      : `<Error><Code>${code}</Code><Message>${code} it is</Message></Error>`,
  )
}
