import type { ObjectStore, S3ObjectStoreOptions } from '../../codec/index.ts'
import {
  openHttpProxy,
  type Fault,
  type HttpProxy,
  type ProxiedRequest,
} from '../support/http-proxy.ts'
import { openStoreUnderTest, storeUnderTest } from './store-under-test.ts'

/** The store, through a proxy that remembers what was asked and can be told to fail. */
export class StoreProxy {
  readonly store: ObjectStore
  readonly #proxy: HttpProxy
  readonly #state: ProxyState

  private constructor(store: ObjectStore, proxy: HttpProxy, state: ProxyState) {
    this.store = store
    this.#proxy = proxy
    this.#state = state
  }

  static async open(options: Partial<S3ObjectStoreOptions> = {}): Promise<StoreProxy> {
    const state: ProxyState = { requests: [], fault: () => undefined }
    const proxy = await openHttpProxy(new URL(storeUnderTest().endpoint), (request) => {
      state.requests.push(request)
      return state.fault(request)
    })
    const store = await openStoreUnderTest({ ...options, endpoint: proxy.endpoint })
    // Opening it looks whether the bucket can be used.
    state.requests = []
    return new StoreProxy(store, proxy, state)
  }

  /** Asked for each request. */
  set fault(fault: (request: ProxiedRequest) => Fault) {
    this.#state.fault = fault
  }

  /** Requests of this method, for an object whose key has `part` in it. */
  requests(method: string, part = ''): readonly ProxiedRequest[] {
    return this.#state.requests.filter(
      (asked) => asked.method === method && asked.path.includes(part),
    )
  }

  forget(): void {
    this.#state.requests = []
  }

  async close(): Promise<void> {
    this.store.close()
    await this.#proxy.close()
  }
}

interface ProxyState {
  requests: ProxiedRequest[]
  fault: (request: ProxiedRequest) => Fault
}
