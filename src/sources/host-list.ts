import { BlockList, isIP } from 'node:net'

/** Hosts that an operator allows: by name, by the names under a domain, by address or network. */
export interface HostList {
  hasName(host: string): boolean
  hasAddress(address: string): boolean
}

/**
 * Reads a list such as `api.example.com, *.internal.example.com, 10.1.0.0/16, ::1`; undefined when an
 * entry is none of these.
 */
export function parseHostList(text: string): HostList | undefined {
  const names = new Set<string>()
  const domains: string[] = []
  const networks = new BlockList()
  for (const entry of text.split(',').map((part) => part.trim().toLowerCase())) {
    const [address = '', prefix, ...more] = entry.split('/')
    const family = isIP(address)
    if (family !== 0) {
      const mostBits = family === 4 ? 32 : 128
      const bits = prefix === undefined ? mostBits : Number(/^\d{1,3}$/.exec(prefix)?.[0])
      if (more.length > 0 || !(bits <= mostBits)) return undefined
      networks.addSubnet(address, bits, family === 4 ? 'ipv4' : 'ipv6')
    } else if (!isHostName(entry.replace(/^\*\./, ''))) return undefined
    else if (entry.startsWith('*.')) domains.push(entry.slice(1))
    else names.add(entry)
  }
  return {
    hasName(host) {
      const name = host.toLowerCase().replace(/\.$/, '')
      return names.has(name) || domains.some((domain) => name.endsWith(domain))
    },
    hasAddress: (address) => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'),
  }
}

/** As a URL has it: what URL parsing would change (a port, a path, 127.1) is no name here. */
function isHostName(text: string): boolean {
  return /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(text) && URL.parse(`http://${text}`)?.host === text
}
