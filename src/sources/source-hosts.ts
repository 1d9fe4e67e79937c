import dns from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { PipelineError } from '../../activities/pipeline-error.ts'
import { addressClass } from './address-class.ts'
import type { HostList } from './host-list.ts'

/** Every address of a name; `dns.lookup` but for tests. */
export type Resolve = (
  host: string,
  options: dns.LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void,
) => void

/** A request before it is sent. */
export interface Hop {
  readonly url: URL
  /** Whether the pipeline file leads there itself, and no redirect does. */
  readonly isNamed: boolean
  /** The pipeline's URL for messages: without secrets. */
  readonly shown: string
}

/**
 * Which hosts a source may reach. Without a list of the operator: those that a pipeline file names, in
 * private networks too, and what is public; a redirect leads into no private network, and nothing
 * leads to link-local addresses. With a list: what is listed, and nothing else.
 */
export class SourceHosts {
  readonly #allowed: HostList | undefined
  readonly #resolve: Resolve
  /** A name that was public and is private now is a trick (DNS rebinding) until an operator lists it. */
  readonly #publicNames = new Set<string>()

  constructor(allowed: HostList | undefined, resolve: Resolve = dns.lookup) {
    this.#allowed = allowed
    this.#resolve = resolve
  }

  /**
   * To be called before each request: a host that is an address is looked up by nobody.
   * @throws PipelineError SOURCE_HOST_REFUSED
   */
  check(hop: Hop): void {
    const host = hop.url.hostname.replaceAll(/[[\]]/g, '')
    const family = isIP(host)
    if (family !== 0) this.#admit([{ address: host, family }], host, hop)
  }

  /** The hook of `http.request`: what it gives is what is connected to, so nothing changes in between. */
  lookup(hop: Hop): LookupFunction {
    return (host, options, callback) => {
      this.#resolve(host, { ...options, all: true }, (error, addresses) => {
        if (error !== null) {
          callback(error, [])
          return
        }
        try {
          const [first, ...more] = this.#admit(addresses, host, hop)
          if (options.all === true) callback(null, [first, ...more])
          else callback(null, first.address, first.family)
        } catch (refusal) {
          callback(refusal as PipelineError, [])
        }
      })
    }
  }

  #admit(
    addresses: readonly dns.LookupAddress[],
    host: string,
    hop: Hop,
  ): [dns.LookupAddress, ...dns.LookupAddress[]] {
    const [first, ...more] =
      this.#allowed === undefined
        ? this.#trusted(addresses, host, hop.isNamed)
        : this.#listed(addresses, host, this.#allowed)
    if (first !== undefined) return [first, ...more]
    throw this.#refused(host, hop)
  }

  #listed(
    addresses: readonly dns.LookupAddress[],
    host: string,
    allowed: HostList,
  ): readonly dns.LookupAddress[] {
    if (allowed.hasName(host)) return this.#trusted(addresses, host, true)
    return addresses.filter(({ address }) => allowed.hasAddress(address))
  }

  #trusted(
    addresses: readonly dns.LookupAddress[],
    host: string,
    isNamed: boolean,
  ): readonly dns.LookupAddress[] {
    const found = addresses.filter(({ address }) => addressClass(address) === 'public')
    if (found.length > 0) {
      if (isNamed) this.#publicNames.add(host)
      return found
    }
    if (!isNamed || this.#publicNames.has(host)) return []
    return addresses.filter(({ address }) => addressClass(address) === 'private')
  }

  #refused(host: string, { isNamed, shown }: Hop): PipelineError {
    const what = isNamed ? 'the source' : 'the source redirects to a host that'
    const why =
      this.#allowed === undefined
        ? isNamed
          ? 'is at a link-local or other reserved address, or was public and is private now'
          : 'is in a private network'
        : 'is not among those that CLAIMCHECK_SOURCE_HOSTS allows'
    return new PipelineError('SOURCE_HOST_REFUSED', `${what} ${why}`, {
      // The host of the pipeline's own URL may come from a reference.
      at: isNamed ? { url: shown } : { url: shown, host },
      remedy: 'If that is right, list it in CLAIMCHECK_SOURCE_HOSTS of the worker.',
    })
  }
}
