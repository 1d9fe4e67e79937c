import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { parseKeys, type ClaimCheckCodecOptions } from '../../codec/index.ts'
import { obtainChromium } from '../support/obtain-chromium.ts'
import { startWebProcess, type WebProcess } from '../support/web-process.ts'
import { createLargeActivities } from './large-activities.ts'
import { TemporalBed } from './temporal-bed.ts'
import { threeLarge } from './temporal-workflows.ts'

const uiUrl = process.env['CLAIMCHECK_TEST_TEMPORAL_UI_URL'] ?? ''
/** Where a picture for the documentation is to go, when one is wanted. */
const screenshotPath = process.env['TEMPORAL_UI_SCREENSHOT'] ?? ''
const keys = `main:${randomBytes(32).toString('base64')}`
const pageTimeoutMs = 60_000

const inline = 'What is small stays in history. '.repeat(200)
const parked = randomBytes(300_000).toString('hex')

describe('codec server behind the Temporal UI', () => {
  const chromiumHere = obtainChromium()
  const missing =
    'missing' in chromiumHere
      ? chromiumHere.missing
      : uiUrl === '' && 'the Temporal server under test has no UI that the tests know'
  let bed: TemporalBed
  let browser: Browser
  before(async () => {
    if (missing !== false || 'missing' in chromiumHere) return
    bed = await TemporalBed.open()
    browser = await chromium.launch({
      executablePath: chromiumHere.path,
      // Chromium's sandbox refuses root, which tests in containers are.
      chromiumSandbox: process.getuid?.() !== 0,
    })
  })
  after(async () => {
    if (missing !== false) return
    await browser.close()
    await bed.close()
  })

  for (const { name, environment, codec } of [
    { name: 'compressed', environment: {}, codec: {} },
    {
      name: 'encrypted',
      environment: { CLAIMCHECK_ENCRYPTION_KEYS: keys },
      codec: { encryption: parseKeys(keys) },
    },
  ]) {
    it(`shows ${name} values, and claims as stored externally, to download`, async (context) => {
      if (missing !== false) return context.skip(missing)
      const web = await startWebProcess({
        ...process.env,
        CLAIMCHECK_WEB_ORIGINS: new URL(uiUrl).origin,
        ...environment,
      })
      const page = await browser.newPage({ viewport: { width: 1440, height: 960 } })
      page.setDefaultTimeout(pageTimeoutMs)
      try {
        await page.goto(await runPage(bed, codec))
        await page.getByText('Workflow Execution Completed').first().waitFor()
        assert.doesNotMatch(await page.innerText('body'), /stored externally|stays in history/)
        await useCodecServer(page, web)

        await page.getByText(inline.slice(0, 50)).first().waitFor()
        await page.getByText('"small"').first().waitFor()
        // The result of all three, in the list of events.
        await page
          .getByText(/^\d+\.\d+ KB payload stored externally$/)
          .first()
          .waitFor()
        if (screenshotPath !== '' && name === 'encrypted') await takeScreenshot(page)

        const downloading = page.waitForEvent('download')
        await page.getByRole('button', { name: '585.97 KB' }).click()
        const path = await (await downloading).path()
        assert.equal(JSON.parse(await readFile(path, 'utf8')), parked)
      } finally {
        await page.close()
        await web.stop()
      }
    })
  }
})

/** The page of a finished run whose arguments are parked, inline and small. */
async function runPage(bed: TemporalBed, codec: Partial<ClaimCheckCodecOptions>): Promise<string> {
  const workflowId = `letters-${randomUUID().slice(0, 8)}`
  const worker = await bed.worker(workflowId, createLargeActivities().activities, codec)
  const args: [string, string, string] = [parked, inline, 'small']
  const start = { taskQueue: workflowId, workflowId, args }
  const handle = await bed.client(codec).workflow.start(threeLarge, start)
  await worker.runUntil(handle.result())
  const run = `${workflowId}/${handle.firstExecutionRunId}`
  return `${uiUrl}/namespaces/${bed.namespace}/workflows/${run}/history`
}

/** As a person does it. */
async function useCodecServer(page: Page, { url }: WebProcess): Promise<void> {
  await page
    .getByTestId(/^data-encoder-status/)
    .first()
    .click()
  await page.getByTestId('use-local-endpoint-input').check()
  await page.locator('#data-encoder-endpoint-input').fill(`${url}/codec`)
  await page.getByRole('button', { name: 'Apply' }).click()
  // What is shown already is not asked for again.
  await page.reload()
}

/** Of what the codec server is for, without the menu beside it. */
async function takeScreenshot(page: Page): Promise<void> {
  await page.screenshot({
    path: screenshotPath,
    clip: { x: 272, y: 104, width: 1168, height: 856 },
  })
}
