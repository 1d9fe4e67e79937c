import http from 'node:http'
import https from 'node:https'
import type { Hop } from './source-hosts.ts'

const keepAlive = { keepAlive: true } as const

/**
 * Keep-alive connections of one source. Those that a pipeline file led to are kept apart from those
 * that a redirect led to: it must not come into a private network through a connection of the others.
 */
export class Agents {
  readonly #named = { 'http:': new http.Agent(keepAlive), 'https:': new https.Agent(keepAlive) }
  readonly #led = { 'http:': new http.Agent(keepAlive), 'https:': new https.Agent(keepAlive) }

  of({ url, isNamed }: Hop): http.Agent {
    const agents = isNamed ? this.#named : this.#led
    return agents[url.protocol === 'https:' ? 'https:' : 'http:']
  }

  close(): void {
    for (const { 'http:': plain, 'https:': secure } of [this.#named, this.#led]) {
      plain.destroy()
      secure.destroy()
    }
  }
}
