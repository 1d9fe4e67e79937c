import type { Command } from '@commander-js/extra-typings'
import { claimHolders, type HeldClaim } from '../inspect/blobs/claim-holders.ts'
import { datasetHolders, type HoldingDataset } from '../inspect/blobs/dataset-holders.ts'
import { knownKey } from '../inspect/blobs/known-key.ts'
import { parseObjectName, type ObjectName } from '../inspect/blobs/parse-object-name.ts'
import { findObject } from '../inspect/blobs/find-object.ts'
import type { BlobsPlace } from '../inspect/blobs/blobs-place.ts'
import { withBlobs, type BlobsSession } from './blobs-session.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { createRowPrinter } from './row-printer.ts'

/** `blobs refs`: who holds an object. */
export function addBlobReferencesCommand(blobs: Command): void {
  blobs
    .command('refs')
    .description('say which workflows, events, schedules and datasets hold an object')
    .argument('<name>', 'a digest or its beginning, a claim as JSON, or a key')
    .option('--json', 'print one JSON object a holder')
    .action((name, { json = false }) => withBlobs((session) => printHolders(session, name, json)))
}

async function printHolders(session: BlobsSession, name: string, json: boolean): Promise<void> {
  const { place, progress, connect } = session
  const target = await targetOf(place, parseObjectName(name))
  const rows = createRowPrinter([
    { name: 'holder', width: 8 },
    { name: 'id', width: 40 },
    { name: 'run', width: 36 },
    { name: 'event', width: 6, isFigure: true },
    { name: 'type', width: 30 },
    { name: 'field', width: 10 },
    { name: 'key', width: 0 },
  ])
  let count = 0
  const isInDatasets = /^(landing|datasets)\//.test(target)
  if (isInDatasets) {
    for await (const held of datasetHolders(place, target)) {
      count += 1
      if (json) printJson({ type: 'reference', holder: 'dataset', ...held })
      else await rows.print(cellsOfDataset(held))
    }
  } else {
    const { histories } = await connect()
    const matches = ({ key, digest }: HeldClaim['claim']): boolean =>
      key === target || digest === target
    const onProgress = (read: number): void => {
      progress.show(() => `${formatCount(read)} histories read, held ${formatCount(count)} times`)
    }
    const { signal } = place
    for await (const held of claimHolders(histories, { matches, signal, onProgress })) {
      count += 1
      if (json) printJson(lineOf(held))
      else await rows.print(cellsOf(held))
    }
  }
  progress.end()
  await rows.flush()
  if (count === 0) process.stderr.write(`Nobody holds it.${remark(target)}\n`)
}

/** A key, or a whole digest, which a blob has in every week; of what is gone too, where it is named whole. */
async function targetOf(place: BlobsPlace, name: ObjectName): Promise<string> {
  if (name.kind === 'digest' && name.prefix.length === 64) return name.prefix
  if (name.kind === 'key') return name.key
  const known = knownKey((await findObject(place, name)).key)
  return known.kind === 'blob' ? known.digest : name.prefix
}

function remark(target: string): string {
  const known = knownKey(target)
  if (known.kind !== 'value') return ''
  return ` A value may be named inside of what is compressed, encrypted or parked; it lives as long as run ${known.runId} of ${known.workflowId}.`
}

function lineOf(held: HeldClaim) {
  const { claim, ...holder } = held
  return { type: 'reference', ...holder, key: claim.key }
}

function cellsOf(held: HeldClaim): string[] {
  const { key } = held.claim
  if (held.holder === 'other') return ['other', held.name, '', '', '', '', key]
  const { holder, workflowId, runId } = held
  if (holder === 'pending') return [holder, workflowId, runId, '', '', '', key]
  const { eventId, eventType, field } = held
  return [holder, workflowId, runId, String(eventId), eventType, field, key]
}

function cellsOfDataset({ pipeline, partition, datasetId, as, manifestKey }: HoldingDataset) {
  return ['dataset', `${pipeline}/${partition}`, datasetId, '', '', as, manifestKey]
}
