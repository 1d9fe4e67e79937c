import { BlockList, isIP } from 'node:net'

/**
 * Where an address leads: `public`; `private`, which is this machine and the networks behind it; or
 * `reserved`, where no source stands: link-local with the metadata services of clouds, unspecified,
 * multicast.
 */
export type AddressClass = 'public' | 'private' | 'reserved'

const privateAddresses = blockList([
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['::1', 128],
  ['fc00::', 7],
  ['fec0::', 10],
])

const reservedAddresses = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 128],
  ['fe80::', 10],
  ['ff00::', 8],
  // IPv6 that holds another IPv4 address: 6to4, Teredo, translated, and by a NAT64 of one's own.
  ['2002::', 16],
  ['2001::', 32],
  ['::ffff:0:0:0', 96],
  ['64:ff9b:1::', 48],
  // The same, as it once was written: all of `::/96` but for `::1` and what is near.
  ...Array.from({ length: 8 }, (_, bit) => [`::${2 ** bit}.0.0.0`, 104 - bit] as const),
  // Services for the machines of a cloud outside of the link-local range, which give credentials: AWS (and
  // for the pods of its clusters), Google, Oracle, Scaleway, Linode, Alibaba, Azure.
  ['fd00:ec2::', 32],
  ['fd20:ce::254', 128],
  ['fd00:c1::a9fe:a9fe', 128],
  ['192.0.0.192', 32],
  ['fd00:42::42', 128],
  ['fd00:a9fe:a9fe::1', 128],
  ['fd00:100::100:200', 128],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
])

/** @param address IPv4 or IPv6, without brackets. IPv4 inside IPv6 (mapped, NAT64) counts as what it holds. */
export function addressClass(address: string): AddressClass {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (reservedAddresses.check(address, family)) return 'reserved'
  return privateAddresses.check(address, family) ? 'private' : 'public'
}

/** A list of networks; `BlockList` itself finds an IPv4-mapped IPv6 address in an IPv4 network. */
function blockList(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList()
  for (const [network, prefix] of networks) {
    if (isIP(network) === 6) list.addSubnet(network, prefix, 'ipv6')
    else {
      list.addSubnet(network, prefix, 'ipv4')
      list.addSubnet(`64:ff9b::${network}`, 96 + prefix, 'ipv6')
    }
  }
  return list
}
