import { setTimeout as pause } from 'node:timers/promises'
import { openHttpProxy, type HttpProxy } from '../../support/http-proxy.ts'

/** Stands before the S3 store, where a case wants it slow or failing. */
export interface FaultProxy extends HttpProxy {
  /** Each request waits so long before it is passed on. */
  latencyMs: number
  /** So many of the next PUT requests are answered with 503, and not passed on. */
  failingPuts: number
  /** How often each method was asked of each key, e.g. `GET blobs/…`. */
  readonly counts: Map<string, number>
  reset(): void
}

export async function openFaultProxy(store: URL): Promise<FaultProxy> {
  const counts = new Map<string, number>()
  const http = await openHttpProxy(store, async ({ method, path }) => {
    const name = `${method} ${keyOf(path)}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
    if (proxy.latencyMs > 0) await pause(proxy.latencyMs)
    if (method !== 'PUT' || proxy.failingPuts === 0) return undefined
    proxy.failingPuts -= 1
    return 503
  })
  const proxy: FaultProxy = {
    ...http,
    latencyMs: 0,
    failingPuts: 0,
    counts,
    reset() {
      proxy.latencyMs = 0
      proxy.failingPuts = 0
      counts.clear()
    },
  }
  return proxy
}

/** The path without the bucket. */
function keyOf(url: string): string {
  const [path = ''] = url.split('?')
  return decodeURIComponent(path.split('/').slice(2).join('/'))
}
