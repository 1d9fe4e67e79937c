import type { Command } from '@commander-js/extra-typings'
import { describeWorkflow, runNotFound } from '../client/find-run.ts'
import { claimsOfEvent, type EventClaim } from '../inspect/blobs/event-claims.ts'
import { listBlobs, type BlobsFilter } from '../inspect/blobs/list-blobs.ts'
import { readBytes, readCount, readDigestPrefix, readGeneration } from './blobs-arguments.ts'
import { withBlobs, type BlobsSession } from './blobs-session.ts'
import { formatBytes, formatCount, formatTime } from './format.ts'
import { printJson } from './print-json.ts'
import { createRowPrinter } from './row-printer.ts'

/** `blobs ls`: the blobs of the namespace, or the claims of one history by event. */
export function addListBlobsCommand(blobs: Command): void {
  blobs
    .command('ls')
    .description('list the blobs of the namespace, or the claims that a history holds')
    .option('--generation <week>', 'of this week only, like 2026-W48', readGeneration)
    .option('--prefix <digits>', 'those whose digests begin so', readDigestPrefix)
    .option('--larger-than <size>', 'those of more stored bytes, like 1MiB', readBytes)
    .option('--limit <number>', 'how many at most', readCount)
    .option('--workflow <id>', 'the claims in the history of this workflow instead, by event')
    .option('--run <id>', 'with --workflow: of this run, not the latest')
    .option('--json', 'print one JSON object a blob or claim')
    .action(async (options, command) => {
      const { generation, prefix: digestPrefix, largerThan: largerThanBytes } = options
      const { workflow, run, limit = Infinity, json = false } = options
      const filter = { generation, digestPrefix, largerThanBytes }
      if (workflow === undefined) {
        if (run !== undefined) command.error('error: --run goes with --workflow')
        return withBlobs((session) => listAll(session, filter, { limit, json }))
      }
      if (Object.values(filter).some((value) => value !== undefined)) {
        command.error('error: --workflow goes with --run, --limit and --json alone')
      }
      return withBlobs((session) => listClaims(session, { workflow, run }, { limit, json }))
    })
}

interface Printing {
  readonly limit: number
  readonly json: boolean
}

/** Enough for a person to tell them apart, and to name them; a program gets all of it. */
const shortDigits = 16

function shown(digest: string): string {
  return process.stdout.isTTY ? digest.slice(0, shortDigits) : digest
}

function size(bytes: number): string {
  return process.stdout.isTTY ? formatBytes(bytes) : String(bytes)
}

async function listAll(
  { place, progress }: BlobsSession,
  filter: BlobsFilter,
  { limit, json }: Printing,
): Promise<void> {
  const rows = createRowPrinter([
    { name: 'digest', width: shortDigits },
    { name: 'generation', width: 10 },
    { name: 'stored', width: 9 },
    { name: 'modified', width: 20 },
  ])
  let count = 0
  for await (const { digest, generation, storedBytes, modifiedAt, key } of listBlobs(
    place,
    filter,
  )) {
    if (count === limit) break
    count += 1
    const modified = formatTime(modifiedAt.toISOString(), process.stdout.isTTY)
    if (json) printJson({ type: 'blob', digest, generation, storedBytes, modifiedAt, key })
    else await rows.print([shown(digest), generation, size(storedBytes), modified])
    // On a terminal the list itself shows how far it has come.
    if (!process.stdout.isTTY) progress.show(() => `${formatCount(count)} blobs`)
  }
  await rows.flush()
}

async function listClaims(
  { place, connect }: BlobsSession,
  { workflow, run }: { readonly workflow: string; readonly run: string | undefined },
  { limit, json }: Printing,
): Promise<void> {
  const { client, histories } = await connect()
  const runId = run ?? (await describeWorkflow(client, workflow))?.runId
  if (runId === undefined) throw runNotFound(workflow)
  const rows = createRowPrinter([
    { name: 'event', width: 6 },
    { name: 'type', width: 30 },
    { name: 'field', width: 14 },
    { name: 'kind', width: 5 },
    { name: 'digest', width: shortDigits },
    { name: 'plain', width: 9 },
    { name: 'stored', width: 9 },
  ])
  const { signal } = place
  let events = 0
  let count = 0
  for await (const event of histories.events({ workflowId: workflow, runId, signal })) {
    events += 1
    if (count === limit) break
    for (const found of claimsOfEvent(event)) {
      if (count === limit) break
      count += 1
      if (json) printJson(lineOf(found))
      else await rows.print(cellsOf(found))
    }
  }
  if (events === 0) throw runNotFound(`${workflow} ${runId}`)
  await rows.flush()
}

function lineOf({ eventId, eventType, field, claim }: EventClaim) {
  const { kind, digest, sizeBytes: plainBytes, storedBytes, encoding, key } = claim
  return {
    type: 'claim',
    eventId,
    eventType,
    field,
    kind,
    digest,
    plainBytes,
    storedBytes,
    encoding,
    key,
  }
}

function cellsOf({ eventId, eventType, field, claim }: EventClaim): string[] {
  const { kind, digest, sizeBytes, storedBytes } = claim
  const sizes = [size(sizeBytes), size(storedBytes)]
  return [String(eventId), eventType, field, kind, shown(digest), ...sizes]
}
