import { isIP, Socket } from 'node:net'
import type { SourceHosts } from '../source-hosts.ts'

/** A socket that connects to nothing but what the operator's rules let a source reach. */
export class CheckedSocket extends Socket {
  readonly #hosts: SourceHosts
  readonly #shown: string

  /** @param shown The source's URL for messages. */
  constructor(hosts: SourceHosts, shown: string) {
    super()
    this.#hosts = hosts
    this.#shown = shown
  }

  /** As `pg` calls it: with a port and a host. */
  override connect(...given: unknown[]): this {
    const [port, host] = given
    try {
      if (typeof host !== 'string') throw new Error('there is no host to connect to')
      const url = new URL(`postgres://${isIP(host) === 6 ? `[${host}]` : host}`)
      const hop = { url, isNamed: true, shown: this.#shown }
      this.#hosts.check(hop)
      return super.connect({ port: Number(port), host, lookup: this.#hosts.lookup(hop) })
    } catch (error) {
      return this.destroy(error instanceof Error ? error : new Error('no connection'))
    }
  }
}
