import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { refuse, type SeenRequest } from './fake-s3-server.ts'
import { serveObject } from './served-object.ts'

/**
 * A store that keeps raw request bodies, whatever they are framed in, as a naive one does. Knows
 * objects, ranges and uploads in parts; `If-None-Match` it ignores.
 */
export class StoredObjects {
  /** By path. */
  readonly bodies = new Map<string, Buffer>()
  /** How often each path was written. */
  readonly writes = new Map<string, number>()
  readonly #uploads = new Map<string, Buffer[]>()
  #begun = 0

  answer(request: SeenRequest, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url, 'http://fake')
    const uploadId = searchParams.get('uploadId')
    if (searchParams.has('uploads')) this.#begin(response)
    else if (uploadId !== null) this.#continue(request, response, pathname, uploadId)
    else if (request.method === 'PUT') this.#keep(response, pathname, request.body)
    else this.#serve(request, response, pathname)
  }

  #begin(response: ServerResponse): void {
    this.#begun += 1
    const id = `upload-${this.#begun}`
    this.#uploads.set(id, [])
    response.end(
      `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    )
  }

  #continue(request: SeenRequest, response: ServerResponse, path: string, id: string): void {
    const parts = this.#uploads.get(id)
    if (parts === undefined) {
      refuse(response, 404, 'NoSuchUpload')
    } else if (request.method === 'PUT') {
      const number = Number(new URL(request.url, 'http://fake').searchParams.get('partNumber'))
      parts[number - 1] = request.body
      response.writeHead(200, { etag: `"${etagOf(request.body)}"` }).end()
    } else {
      this.#uploads.delete(id)
      if (request.method === 'POST') this.#keep(undefined, path, Buffer.concat(parts))
      response.end('<CompleteMultipartUploadResult></CompleteMultipartUploadResult>')
    }
  }

  #keep(response: ServerResponse | undefined, path: string, body: Buffer): void {
    this.bodies.set(path, body)
    this.writes.set(path, (this.writes.get(path) ?? 0) + 1)
    response?.writeHead(200, { etag: `"${etagOf(body)}"` }).end()
  }

  #serve(request: SeenRequest, response: ServerResponse, path: string): void {
    const body = this.bodies.get(path)
    if (body !== undefined) serveObject(request, response, { body, etag: etagOf(body) })
    else if (request.method === 'HEAD') response.writeHead(404).end()
    else refuse(response, 404, 'NoSuchKey')
  }
}

function etagOf(body: Uint8Array): string {
  return createHash('md5').update(body).digest('hex')
}
