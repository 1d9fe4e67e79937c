import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, beforeEach, describe, it } from 'node:test'
import axe from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { z } from 'zod'
import type { ObjectKey } from '../../codec/index.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { choosePorts } from '../../infra/stack/choose-ports.ts'
import { obtainChromium } from '../support/obtain-chromium.ts'
import { tableOf, uniqueName } from '../support/pipeline-fixture.ts'
import { startWebProcess, type WebProcess } from '../support/web-process.ts'

const loaded = '2001-01-01T06'
const failed = '2001-01-01T07'
const pageTimeoutMs = 60_000
/** A directory for pictures for the documentation, when some are wanted. */
const screenshots = process.env['CLAIMCHECK_PAGE_SCREENSHOTS'] ?? ''

const violations = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
})

const partitionsSchema = z.object({
  partitions: z.object({
    value: z.array(z.object({ partition: z.string(), state: z.string() })),
  }),
})

describe('the pages in a browser', () => {
  const chromiumHere = obtainChromium()
  const missing = 'missing' in chromiumHere && chromiumHere.missing
  let bed: LoadBed
  let web: WebProcess
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let name: string
  let metricsAddress: string
  before(async () => {
    if ('missing' in chromiumHere) return
    bed = await openLoadBed()
    name = uniqueName('flights')
    metricsAddress = `127.0.0.1:${(await choosePorts(['metrics']))['metrics']}`
    await bed.writeFlights({ name, perPage: 200, limits: { batch_bytes: '40KiB', attempts: 1 } })
    // Each by itself: what has started is stopped, also where another one does not start.
    await Promise.all([
      bed.startWorker({ CLAIMCHECK_METRICS_ADDRESS: metricsAddress }),
      startWeb({ ...bed.environment, CLAIMCHECK_STORE_CONSOLE_URL: 'http://minio.example' }),
      launchBrowser(chromiumHere.path),
    ])
    await (await bed.start(name, loaded)).result()
    bed.source.setFaults({ rules: [{ kind: 'status', status: 404 }] })
    await assert.rejects((await bed.start(name, failed)).result())
    bed.source.setFaults({})
  })
  async function startWeb(environment: NodeJS.ProcessEnv): Promise<void> {
    web = await startWebProcess(environment)
  }
  async function launchBrowser(executablePath: string): Promise<void> {
    browser = await chromium.launch({
      executablePath,
      // Chromium's sandbox refuses root, which tests in containers are.
      chromiumSandbox: process.getuid?.() !== 0,
    })
  }
  after(async () => {
    await browser?.close()
    await web?.stop()
    await bed?.close()
  })
  beforeEach(async () => {
    if (missing !== false) return
    // What a page may not run, axe may: it is the test's, and not the page's.
    context = await browser.newContext({ bypassCSP: true, colorScheme: 'light' })
    page = await context.newPage()
    page.setDefaultTimeout(pageTimeoutMs)
  })

  const titles = new Set<string>()
  /** In the dark only the colours are others. */
  async function assertAccessible(): Promise<void> {
    titles.add(await page.title())
    await page.evaluate(axe.source)
    for (const [colorScheme, look] of [
      ['light', 'axe.run()'],
      ['dark', "axe.run({ runOnly: { type: 'rule', values: ['color-contrast'] } })"],
    ] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const found = violations.parse(await page.evaluate(look))
      assert.deepEqual(found.violations, [], `${page.url()} in ${colorScheme}`)
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }

  async function picture(file: string): Promise<void> {
    if (screenshots === '') return
    await page.setViewportSize({ width: 1200, height: 800 })
    await page.screenshot({ path: `${screenshots}/${file}.png` })
  }

  it('lead from what failed to the run that says why', async (test) => {
    if (missing !== false) return test.skip(missing)
    await page.goto(web.url)
    const strip = page.getByRole('list', { name: `Partitions of ${name}, oldest first` })
    await strip.waitFor()
    const partitions = strip.getByRole('link')
    const names = await partitions.evaluateAll((links) =>
      links.map((link) => link.getAttribute('aria-label') ?? ''),
    )
    assert.deepEqual(
      names.map((label) => label.split(' ').slice(0, 2).join(' ')),
      [`${loaded}: loaded,`, `${failed}: failed`],
    )
    await assertAccessible()
    await picture('page-overview')
    await page.getByRole('link', { name, exact: true }).click()
    await page.getByRole('row', { name: failed }).getByText('SOURCE_').waitFor()
    await assertAccessible()
    await page.getByRole('link', { name: `etl/${name}/${failed}` }).click()
    const alert = page.getByRole('alert')
    assert.match(await alert.innerText(), /SOURCE_/)
    await assertAccessible()
    await page.goto(`${web.url}/runs?pipeline=${name}&state=failed`)
    await page.getByRole('link', { name: `etl/${name}/${failed}` }).waitFor()
    assert.equal(await page.getByRole('link', { name: `etl/${name}/${loaded}` }).count(), 0)
    await assertAccessible()
  })

  it('show rows, parts and bytes of what was loaded', async (test) => {
    if (missing !== false) return test.skip(missing)
    await page.goto(`${web.url}/datasets/${name}/${loaded}`)
    const [row] = await bed.database.query(
      `SELECT id::text, origin FROM ${tableOf(name)} ORDER BY id LIMIT 1`,
    )
    const firstRows = page.getByRole('region', { name: 'First rows of the dataset' })
    const cells = await firstRows.getByRole('row').nth(1).getByRole('cell').allInnerTexts()
    assert.ok(cells.includes(String(row?.['id'])) && cells.includes(String(row?.['origin'])))
    await assertAccessible()
    await picture('page-partition')
    await page.getByRole('link', { name: /part-00000\.parquet$/ }).click()
    await page.getByText('intact').waitFor()
    const consoleLink = page.getByRole('link', { name: 'In the console of the store' })
    assert.match(
      (await consoleLink.getAttribute('href')) ?? '',
      /^http:\/\/minio\.example\/browser\//,
    )
    await page.getByRole('link', { name: 'Look through all histories' }).click()
    await page.getByRole('region', { name: 'Who holds it' }).getByText('dataset').waitFor()
    await assertAccessible()
    await picture('page-object')
    const key = decodeURIComponent(new URL(page.url()).pathname.replace('/blobs/', ''))
    const downloading = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Download' }).click()
    const path = await (await downloading).path()
    const stored = await bed.store.get(key as ObjectKey)
    assert.deepEqual(await readFile(path), Buffer.from(stored))
  })

  it('follow a run, pause it and let it go on', async (test) => {
    if (missing !== false) return test.skip(missing)
    const slice = '2001-01-01T08'
    bed.source.setFaults({ latencyMs: 150 })
    const load = await bed.start(name, slice)
    await page.goto(`${web.url}/runs/${encodeURIComponent(load.workflowId)}`)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused').first().waitFor()
    await assertAccessible()
    bed.source.setFaults({})
    await page.getByRole('button', { name: 'Resume' }).click()
    // Nobody asks again: the page is told.
    await page.getByText('completed').first().waitFor()
    await page.getByRole('heading', { name: 'Result' }).waitFor()
    await load.result()
  })

  it('say of a run that was terminated what Temporal knows', async (test) => {
    if (missing !== false) return test.skip(missing)
    const slice = '2001-01-01T09'
    bed.source.setFaults({ latencyMs: 150 })
    const load = await bed.start(name, slice)
    const stateIs = async (wanted: string) => {
      const response = await page.request.get(`${web.url}/datasets/${name}.json`)
      const { partitions } = partitionsSchema.parse(await response.json())
      const found = partitions.value.find(({ partition }) => partition === slice)
      return found?.state === wanted || undefined
    }
    await eventually('the run in the catalog', () => stateIs('running'), pageTimeoutMs)
    await bed.client.workflow.getHandle(load.workflowId).terminate()
    bed.source.setFaults({})
    await eventually('its end', () => stateIs('terminated'), pageTimeoutMs)
    await page.goto(`${web.url}/datasets/${name}`)
    await page.getByRole('row', { name: slice }).getByText('terminated').waitFor()
  })

  it('list pipelines, blobs and garbage, by keyboard and without scripts too', async (test) => {
    if (missing !== false) return test.skip(missing)
    for (const [path, heading] of [
      ['/pipelines', 'Pipelines'],
      ['/blobs?usage=1', 'Blobs'],
      ['/-/health', 'Health'],
      ['/gc?plan=1', 'Garbage'],
    ] as const) {
      await page.goto(`${web.url}${path}`)
      await page.getByRole('heading', { name: heading, exact: true }).waitFor()
      await assertAccessible()
    }
    await picture('page-garbage')
    await page.goto(web.url)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    assert.equal(new URL(page.url()).hash, '#main')

    const plain = await browser.newContext({ javaScriptEnabled: false })
    const still = await plain.newPage()
    await still.goto(`${web.url}/runs`)
    await still.getByLabel('State').selectOption('failed')
    await still.getByRole('button', { name: 'Show' }).click()
    await still.getByRole('link', { name: `etl/${name}/${failed}` }).click()
    await still.getByText('SOURCE_').first().waitFor()
    await plain.close()
  })

  it('have metrics beside them, and workers have theirs', async (test) => {
    if (missing !== false) return test.skip(missing)
    const [{ rows } = {}] = await bed.database.query(
      `SELECT count(*)::int AS rows FROM ${tableOf(name)} WHERE departed_at < '2001-01-01 07:00'`,
    )
    assert.ok(Number(rows) > 0)
    const text = async (url: string) => (await fetch(url)).text()
    const ofWeb = await text(`${web.url}/metrics`)
    const labels = `{pipeline="${name}",target="${tableOf(name)}"}`
    assert.ok(ofWeb.includes(`claimcheck_pipeline_published_timestamp_seconds${labels} `), ofWeb)
    assert.ok(ofWeb.includes('claimcheck_server_up{server="temporal"} 1\n'), ofWeb)
    const ofWorker = await text(`http://${metricsAddress}/metrics`)
    const counted = new RegExp(
      `^claimcheck_rows_staged_total\\{.*pipeline="${name}".*\\} (\\d+)$`,
      'm',
    )
    assert.ok(Number(counted.exec(ofWorker)?.[1]) >= Number(rows), ofWorker)
    const dashboard = await readFile('infra/grafana-dashboard.json', 'utf8')
    const known = new Set(ofWorker.match(/^temporal_\w+/gm))
    const asked = (dashboard.match(/temporal_\w+/g) ?? []).filter((one) => !one.includes('failed'))
    assert.ok(asked.length > 0)
    assert.deepEqual(
      asked.filter((one) => !known.has(one)),
      [],
    )
  })

  it('ask for the token where there is one', async (test) => {
    if (missing !== false) return test.skip(missing)
    const token = 'a-token-7c1'
    const guarded = await startWebProcess({ ...bed.environment, CLAIMCHECK_WEB_TOKEN: token })
    try {
      await page.goto(`${guarded.url}/runs?pipeline=${name}`)
      await assertAccessible()
      await page.getByLabel('Token').fill(token)
      await page.getByRole('button', { name: 'Sign in' }).click()
      await page.getByRole('link', { name: `etl/${name}/${loaded}` }).waitFor()
      assert.equal(new URL(page.url()).search, `?pipeline=${name}`)
      const data = await page.request.get(`${guarded.url}/runs.json`)
      assert.equal(data.status(), 200)
    } finally {
      await guarded.stop()
    }
    const pages = ['Overview', 'Runs', 'Pipelines', 'Blobs', 'Garbage', 'Health', 'Sign in', name]
    for (const title of pages) assert.ok(titles.has(`${title} – Claimcheck`), title)
  })
})
