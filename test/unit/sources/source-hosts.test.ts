import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { after, before, describe, it, test } from 'node:test'
import { addressClass } from '../../../src/sources/address-class.ts'
import { parseHostList } from '../../../src/sources/host-list.ts'
import { SourceHosts, type Resolve } from '../../../src/sources/source-hosts.ts'
import {
  answer,
  openHostileSource,
  redirect,
  type HostileSource,
} from '../../support/hostile-source.ts'
import { fetchFrom } from './fetch-from.ts'

const refused = { code: 'SOURCE_HOST_REFUSED', retryable: false }

/** Answers each look-up of a name with the next of its lists, the last one for ever. */
function namesOf(names: Readonly<Record<string, readonly (readonly string[])[]>>): Resolve {
  const lookups = new Map<string, number>()
  return (host, _options, callback) => {
    const count = lookups.get(host) ?? 0
    lookups.set(host, count + 1)
    const addresses = names[host]?.at(Math.min(count, (names[host]?.length ?? 0) - 1)) ?? []
    callback(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    )
  }
}

function admitted(hosts: SourceHosts, host: string, isNamed: boolean): Promise<unknown> {
  const hop = { url: new URL(`http://${host}/`), isNamed, shown: 'shown' }
  return new Promise((resolve, reject) => {
    hosts.check(hop)
    hosts.lookup(hop)(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses)
      else reject(error)
    })
  })
}

const classes = {
  public: [
    '8.8.8.8',
    '2606:4700::1',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '172.32.0.1',
    '11.0.0.1',
  ],
  private: [
    '127.0.0.1',
    '127.255.255.255',
    '10.0.0.5',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ],
  reserved: [
    '0.0.0.0',
    '169.254.169.254',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd00:ec2::23',
    'fd20:ce::254',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd00:a9fe:a9fe::1',
    'fd00:100::100:200',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    '::169.254.169.254',
    '::127.0.0.1',
    '::1.0.0.0',
    '::ffff:0:169.254.169.254',
    '64:ff9b:1::a9fe:a9fe',
    '100.100.100.200',
  ],
} as const
for (const [expected, addresses] of Object.entries(classes)) {
  test(`addresses are ${expected}`, () => {
    for (const address of addresses) assert.equal(addressClass(address), expected, address)
  })
}

test('link-local and metadata addresses are refused however they are written', async () => {
  for (const url of [
    'http://169.254.169.254/latest/meta-data/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fd00:ec2::254]/',
    'http://0xa9fea9fe/',
    'http://0.0.0.0:9000/',
  ]) {
    await assert.rejects(fetchFrom({ url }), refused, url)
  }
})

describe('a host', () => {
  it('that a pipeline names may be in a private network, and one that it does not may not', async () => {
    const names = {
      'erp.corp': [['10.1.2.3', '169.254.169.254']],
      'api.test': [['8.8.8.8', '10.0.0.1']],
    }
    const hosts = new SourceHosts(undefined, namesOf(names))
    assert.deepEqual(await admitted(hosts, 'erp.corp', true), [{ address: '10.1.2.3', family: 4 }])
    await assert.rejects(admitted(hosts, 'erp.corp', false), refused)
    for (const isNamed of [true, false]) {
      const addresses = await admitted(hosts, 'api.test', isNamed)
      assert.deepEqual(addresses, [{ address: '8.8.8.8', family: 4 }], 'the public one alone')
    }
  })

  it('that was public and is private at the next look-up is refused', async () => {
    const names = { 'public.test': [['8.8.8.8'], ['127.0.0.1']] }
    const hosts = new SourceHosts(undefined, namesOf(names))
    await admitted(hosts, 'public.test', true)
    await assert.rejects(admitted(hosts, 'public.test', true), refused)
  })

  it('is refused where a list of the operator does not have it', async () => {
    const list = parseHostList('api.test, *.corp, 10.1.0.0/16, fd12::/16, 169.254.169.254')
    const names = {
      'api.test': [['8.8.8.8']],
      'erp.corp': [['192.168.0.1']],
      corp: [['192.168.0.1']],
      'xapi.test': [['8.8.8.8']],
      'db.test': [['10.1.2.3', '10.2.0.1']],
      'trap.corp': [['169.254.1.1']],
    }
    const hosts = new SourceHosts(list, namesOf(names))
    for (const host of ['api.test', 'erp.corp', 'db.test']) {
      for (const isNamed of [true, false]) {
        assert.equal(((await admitted(hosts, host, isNamed)) as unknown[]).length, 1, host)
      }
    }
    for (const host of ['corp', 'xapi.test', 'trap.corp', '8.8.8.8']) {
      await assert.rejects(admitted(hosts, host, true), {
        ...refused,
        message: /CLAIMCHECK_SOURCE_HOSTS/,
      })
    }
    const literal = (host: string) =>
      hosts.check({ url: new URL(`http://${host}/`), isNamed: true, shown: 'shown' })
    literal('10.1.2.3')
    literal('[fd12::1]')
    literal('169.254.169.254')
    assert.throws(() => literal('10.2.0.1'), refused)
  })
})

test('a list of hosts is names, domains, addresses and networks', () => {
  for (const text of [
    '',
    'a,,b',
    'a/b',
    '10.0.0.0/33',
    '10.0.0.0/',
    'a:80',
    'http://a',
    '127.1',
    '*',
    '*.*.a',
    'a b',
  ]) {
    assert.equal(parseHostList(text), undefined, text)
  }
  const list = parseHostList('API.example.com , *.Corp')
  assert.ok(list?.hasName('api.example.com.') && list.hasName('A.b.corp'))
})

describe('a redirect', () => {
  let source: HostileSource
  let other: HostileSource
  before(async () => {
    other = await openHostileSource({
      '/page': answer({ body: '[]' }),
      '/back': (...args) => redirect(`${source.url}/page`)(...args),
    })
    const { port } = other
    source = await openHostileSource({
      '/page': answer({ body: '[]' }),
      '/same': redirect('/page'),
      '/meta': redirect('http://169.254.169.254/latest/meta-data/?s3cret'),
      '/private': redirect(`${other.url}/page`),
      '/named': redirect(`http://other.test:${port}/page`),
      '/user': redirect(`http://me:s3cret@other.test:${port}/page`),
      '/and-back': redirect(`http://other.test:${port}/back`),
      '/file': redirect('file:///etc/passwd'),
      '/data': redirect('data:application/json,[]'),
      '/loop': redirect('/loop'),
    })
  })
  after(() => Promise.all([source.close(), other.close()]))

  const headers = { 'x-api-key': '${KEY}', authorization: '${KEY}' }
  const fetch = (path: string, url = source.url) =>
    fetchFrom(
      { url: url + path, headers },
      {
        environment: { KEY: 's3cret' },
        allowedHosts: parseHostList('other.test, 127.0.0.1'),
        resolve: namesOf({ 'other.test': [['127.0.0.1']] }),
      },
    )
  const fetchByDefault = (path: string) =>
    fetchFrom({ url: source.url + path }, { resolve: namesOf({ 'other.test': [['127.0.0.1']] }) })

  it('within the origin keeps the headers and the user of the URL', async () => {
    await fetch('/same')
    assert.equal(source.requests.at(-1)?.headers['x-api-key'], 's3cret')
    await fetchFrom({ url: `${source.url.replace('//', '//me:100%25%@')}/same` })
    const basic = `Basic ${Buffer.from('me:100%%').toString('base64')}`
    assert.equal(source.requests.at(-1)?.headers['authorization'], basic)
  })

  it('to another origin takes no header of the pipeline along, nor a user of its own', async () => {
    for (const path of ['/named', '/user']) {
      await fetch(path)
      const { headers: sent = {} } = other.requests.at(-1) ?? {}
      assert.deepEqual(Object.keys(sent).toSorted(), [
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ])
    }
  })

  it('back from another origin brings no header back', async () => {
    await fetch('/and-back')
    assert.equal(source.requests.at(-1)?.target, '/page')
    assert.equal(source.requests.at(-1)?.headers['x-api-key'], undefined)
  })

  it('leads into no private network', async () => {
    for (const path of ['/meta', '/private', '/named', '/and-back']) {
      const asked = other.requests.length
      await assert.rejects(fetchByDefault(path), (error: Error) => {
        assert.match(error.message, /redirects to a host that is in a private network/)
        assert.doesNotMatch(error.message, /s3cret|meta-data/)
        return 'code' in error && error.code === 'SOURCE_HOST_REFUSED'
      })
      assert.equal(other.requests.length, asked, path)
    }
  })

  it('to another scheme, or without end, is refused', async () => {
    for (const path of ['/file', '/data', '/loop']) {
      await assert.rejects(fetch(path), { code: 'SOURCE_REFUSED', retryable: false })
    }
  })
})

test('what was checked is what is connected to, also for a name', async () => {
  const source = await openHostileSource({ '/': answer({ body: '[]' }) })
  try {
    const names = { 'named.test': [['127.0.0.1'], ['192.0.2.1']] }
    await fetchFrom({ url: `http://named.test:${source.port}/` }, { resolve: namesOf(names) })
    assert.equal(source.requests[0]?.headers['host'], `named.test:${source.port}`)
  } finally {
    await source.close()
  }
})
