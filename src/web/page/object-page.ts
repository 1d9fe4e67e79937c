import { html } from 'hono/html'
import { claimHolders, type HeldClaim } from '../../inspect/blobs/claim-holders.ts'
import { datasetHolders, type HoldingDataset } from '../../inspect/blobs/dataset-holders.ts'
import { findObject, type FoundObject } from '../../inspect/blobs/find-object.ts'
import { headObject, type ObjectHead } from '../../inspect/blobs/head-object.ts'
import { blobNotFound } from '../../inspect/blobs/blobs-error.ts'
import { objectDetails, type ObjectDetails } from '../../inspect/blobs/object-facts.ts'
import { parseObjectName } from '../../inspect/blobs/parse-object-name.ts'
import { createRetentionHistories } from '../../client/retention-histories.ts'
import { askTemporal } from '../api/ask-temporal.ts'
import { objectPath } from './blobs-page.ts'
import { known } from './known.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { partitionPath } from './partition-strip.ts'
import { runLink } from './run-path.ts'
import { shownRows } from './shown-rows.ts'
import {
  shownBytes,
  shownKnown,
  shownMoment,
  shownProblem,
  shownState,
  shownTable,
} from './shown.ts'

const previewLines = 40

/** To say whether an object is intact all of it is read; a larger one only where that is asked for. */
const readUnaskedBytes = 64 * 1024 ** 2

type Reference = HeldClaim | (HoldingDataset & { readonly holder: 'dataset' })

/** One object: what it is, whether it is intact, how it begins, who holds it. */
export const objectPage = page({
  path: '/blobs/:name',
  async data({ path: { name = '' }, query: { check, references } }, services) {
    const { place, store } = services
    const found = await findObject(place, parseObjectName(name))
    const head = await store.head(found.key, { signal: place.signal })
    if (head === undefined) throw blobNotFound({ bucket: store.bucket, key: found.key })
    const isRead = head.sizeBytes <= readUnaskedBytes || check !== undefined
    const [details, beginning, held] = await Promise.all([
      isRead ? known(() => objectDetails(place, found)) : undefined,
      known(() => headObject(place, found, previewLines)),
      references === undefined ? undefined : known(() => referencesTo(found, services)),
    ])
    const { key } = found
    return { key, storedBytes: head.sizeBytes, details, beginning, references: held }
  },
  content({ key, storedBytes, details, beginning, references }, { storeConsoleUrl, store }) {
    const path = objectPath(key)
    return {
      title: key,
      body: html`<h1 class="mono">${key}</h1>
        ${
          details === undefined
            ? html`<p>
                ${shownBytes(storedBytes)} are stored.
                <a href="${path}?check=1">Read all of it, to see whether it is intact.</a>
              </p>`
            : shownKnown(details, shownDetails)
        }
        <div class="actions">
          <a href="${path}/-/download" download>Download</a>
          ${
            storeConsoleUrl === undefined
              ? ''
              : html`<a rel="noreferrer" href="${consolePath(storeConsoleUrl, store.bucket, key)}"
                  >In the console of the store</a
                >`
          }
        </div>
        <h2>How it begins</h2>
        ${shownKnown(beginning, shownHead)}
        <h2>Who holds it</h2>
        ${
          references === undefined
            ? html`<p><a href="${path}?references=1">Look through all histories</a></p>`
            : shownKnown(references, shownReferences)
        }`,
    }
  },
})

/** Where MinIO's console shows an object, in the list of its folder. */
function consolePath(consoleUrl: string, bucket: string, key: string): string {
  return `${consoleUrl}/browser/${encodeURIComponent(bucket)}/${encodeURIComponent(key)}`
}

async function referencesTo(
  { key }: FoundObject,
  services: PageServices,
): Promise<readonly Reference[]> {
  const { place } = services
  if (/^(landing|datasets)\//.test(key)) {
    return Array.fromAsync(datasetHolders(place, key), (held) => ({ ...held, holder: 'dataset' }))
  }
  const client = await services.client()
  const { signal } = place
  const matches = (claim: HeldClaim['claim']): boolean => claim.key === key
  return askTemporal(client, () =>
    Array.fromAsync(claimHolders(createRetentionHistories(client), { matches, signal })),
  )
}

function shownDetails(details: ObjectDetails): Html {
  const { damage, state } = details
  const facts: readonly (readonly [string, unknown])[] = [
    ['State', shownState(state)],
    ['Stored', shownBytes(details.storedBytes)],
    ['Plain', details.plainBytes === undefined ? undefined : shownBytes(details.plainBytes)],
    ['Content type', details.contentType],
    ['Encoding', details.encoding],
    ['Compression', details.compression],
    ['Encryption key', details.encryptionKeyId],
    ['Digest', details.digest && html`<code>${details.digest}</code>`],
    ['Weeks', details.generations?.join(', ')],
    ['Pipeline', details.pipeline],
    ['Partition', linkedPartition(details)],
    ['Created', details.created && shownMoment(details.created)],
    ['First run', details.workflowId && runLink(details.workflowId)],
    ['Written by', details.writtenBy],
  ]
  return html`${
      damage === undefined ? '' : html`<p class="alert" role="alert">${shownProblem(damage)}</p>`
    }
    <dl>
      ${facts
        .filter(([, value]) => value !== undefined && value !== '')
        .map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
    </dl>`
}

function linkedPartition({ pipeline, partition }: ObjectDetails): Html | string | undefined {
  if (pipeline === undefined || partition === undefined) return partition
  return html`<a href="${partitionPath(pipeline, partition)}">${partition}</a>`
}

function shownHead(head: ObjectHead): Html {
  if (head.form === 'rows') {
    return shownRows('First rows', head.columns, head.rows)
  }
  return html`<pre tabindex="0">${head.lines.join('\n')}${head.isAll ? '' : '\n…'}</pre>`
}

const heldAs: Readonly<Record<HoldingDataset['as'], string>> = {
  part: 'one of its parts',
  landing: 'its parts were made from it',
  own: 'it lies in its folder',
}

function datasetLink({ pipeline, partition, datasetId }: HoldingDataset): Html {
  const path = `${partitionPath(pipeline, partition)}?dataset=${datasetId}`
  return html`<a class="mono" href="${path}">${datasetId}</a>`
}

function shownReferences(references: readonly Reference[]): Html {
  return shownTable({
    caption: 'Who holds it',
    header: ['Holder', 'Which', 'Where'],
    rows: references.map((held) => {
      switch (held.holder) {
        case 'workflow':
          return [
            held.holder,
            runLink(held.workflowId),
            `event ${held.eventId} ${held.eventType}, ${held.field}`,
          ]
        case 'pending':
          return [held.holder, runLink(held.workflowId), held.runId]
        case 'dataset':
          return [held.holder, datasetLink(held), heldAs[held.as]]
        case 'other':
          return ['', held.name, '']
      }
    }),
    nothing: 'Nobody: no history that is kept, and no schedule.',
  })
}
