import { createServer } from 'node:http'
import { once } from 'node:events'
import type { ListedKey } from './many-keys.ts'

const pageKeys = 1000
const modified = '2026-11-29T00:00:00.000Z'

export interface ListingServer {
  readonly url: string
  close(): Promise<void>
}

/** A store that lists objects, page after page, and does nothing else: what listing costs the one who asks. */
export async function startListingServer(objects: readonly ListedKey[]): Promise<ListingServer> {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? '/', 'http://store').searchParams
    if (request.method !== 'GET' || asked.get('list-type') !== '2') {
      response.writeHead(501).end()
      return
    }
    const prefix = asked.get('prefix') ?? ''
    const after = asked.get('continuation-token') ?? asked.get('start-after') ?? ''
    const start = firstFrom(objects, after > prefix ? `${after}\0` : prefix)
    const page: ListedKey[] = []
    for (let at = start; at < objects.length && page.length <= pageKeys; at += 1) {
      const object = objects[at]
      if (object === undefined || !object.key.startsWith(prefix)) break
      page.push(object)
    }
    response.writeHead(200, { 'content-type': 'application/xml' }).end(toXml(page))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Where the keys from this one on begin. Keys are ASCII: text and bytes have the same order. */
function firstFrom(objects: readonly ListedKey[], key: string): number {
  let low = 0
  let high = objects.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((objects[middle]?.key ?? '') < key) low = middle + 1
    else high = middle
  }
  return low
}

/** One key more than fits says that there is another page. */
function toXml(found: readonly ListedKey[]): string {
  const page = found.slice(0, pageKeys)
  const isTruncated = found.length > pageKeys
  const contents = page.map(
    ({ key, sizeBytes }) =>
      `<Contents><Key>${key}</Key><Size>${sizeBytes}</Size><LastModified>${modified}</LastModified></Contents>`,
  )
  const token = isTruncated
    ? `<NextContinuationToken>${page.at(-1)?.key}</NextContinuationToken>`
    : ''
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${token}${contents.join('')}</ListBucketResult>`
}
