import { html } from 'hono/html'
import { isGeneration, type Generation } from '../../../codec/index.ts'
import { diskUsage, type FolderUsage } from '../../inspect/blobs/disk-usage.ts'
import { listBlobs, listGenerations, type ListedBlob } from '../../inspect/blobs/list-blobs.ts'
import { requestInvalid } from '../api/request-invalid.ts'
import { page, type Html } from './page.ts'
import type { PageServices } from './page-services.ts'
import { pathSegment } from './path-segment.ts'
import { shownTable, shownTime } from './shown.ts'

const mostBlobs = 200

/** Payloads of histories as they lie in the store, by week; and how much everything takes. */
export const blobsPage = page({
  path: '/blobs',
  async data({ query: { generation, usage } }, { place }) {
    if (generation !== undefined && !isGeneration(generation)) {
      throw requestInvalid('generation: is no ISO week, such as 2026-W48')
    }
    const generations = await Array.fromAsync(listGenerations(place))
    const chosen: Generation | undefined = generation ?? generations.at(-1)
    const blobs: ListedBlob[] = []
    let isAll = true
    if (chosen !== undefined) {
      for await (const blob of listBlobs(place, { generation: chosen })) {
        isAll = blobs.length < mostBlobs
        if (!isAll) break
        blobs.push(blob)
      }
    }
    const folders = usage === undefined ? undefined : await diskUsage(place)
    return { generations, generation: chosen, blobs, isAll, folders }
  },
  content({ generations, generation, blobs, isAll, folders }, services) {
    return {
      title: 'Blobs',
      body: html`<h1>Blobs</h1>
        <p>Payloads too large for histories, in bucket <code>${services.store.bucket}</code>.</p>
        <form class="filter" method="get" action="/-/find">
          <label
            >Digest or its beginning, claim as JSON, or key <input name="object" size="48" required
          /></label>
          <button>Look into it</button>
        </form>
        ${generations.length === 0 ? '' : shownWeeks(generations, generation)}
        ${shownBlobs(blobs, isAll)} ${shownUsage(folders, services)}`,
    }
  },
})

/** Where an object is shown, by its digest or its key. */
export function objectPath(name: string): string {
  return `/blobs/${pathSegment(name)}`
}

function shownWeeks(generations: readonly Generation[], chosen: Generation | undefined): Html {
  return html`<form class="filter" method="get" action="/blobs">
    <label
      >Week
      <select name="generation">
        ${generations.map(
          (week) => html`<option ${week === chosen ? html`selected` : ''}>${week}</option>`,
        )}
      </select></label
    >
    <button>Show</button>
  </form>`
}

function shownBlobs(blobs: readonly ListedBlob[], isAll: boolean): Html {
  return html`${shownTable({
    caption: 'Blobs of the week',
    header: ['Digest', 'Stored', 'Written'],
    rows: blobs.map(({ digest, key, storedBytes, modifiedAt }) => [
      html`<a class="mono" href="${objectPath(key)}">${digest.slice(0, 16)}…</a>`,
      { bytes: storedBytes },
      shownTime(modifiedAt.toISOString()),
    ]),
    nothing: 'There is no blob: no payload was too large.',
  })}${
    isAll
      ? ''
      : html`<p class="nothing">
          The first ${mostBlobs}; <code>claimcheck blobs ls</code> lists all.
        </p>`
  }`
}

function shownUsage(folders: readonly FolderUsage[] | undefined, { store }: PageServices): Html {
  if (folders === undefined) {
    return html`<h2>What takes how much</h2>
      <form method="get" action="/blobs">
        <input type="hidden" name="usage" value="1" />
        <button>List the whole bucket</button>
      </form>`
  }
  return html`<h2>What takes how much</h2>
    ${shownTable({
      caption: `Folders of ${store.bucket}`,
      header: ['Folder', 'Objects', 'Stored', 'Newest'],
      rows: folders.map(({ folder, objects, storedBytes, newestAt }) => [
        html`<code>${folder}</code>`,
        objects,
        { bytes: storedBytes },
        shownTime(newestAt.toISOString()),
      ]),
      nothing: 'The bucket is empty.',
    })}`
}
