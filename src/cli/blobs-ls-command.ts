import type { Command } from '@commander-js/extra-typings'
import { runNotFound } from '../client/find-run.ts'
import { claimsOfEvent, type EventClaim } from '../inspect/blobs/event-claims.ts'
import { listBlobs, type BlobsFilter } from '../inspect/blobs/list-blobs.ts'
import { readBytes, readDigestPrefix, readGeneration } from './blobs-arguments.ts'
import { withBlobs, type BlobsSession } from './blobs-session.ts'
import { formatCount } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { createRowPrinter } from './row-printer.ts'
import { runOfWorkflow } from './run-of-workflow.ts'
import { tableFigures } from './table-figures.ts'
import { wholeNumber } from './whole-number.ts'

/** `blobs ls`: the blobs of the namespace, or the claims of one history by event. */
export function addListBlobsCommand(blobs: Command): void {
  blobs
    .command('ls')
    .description('list the blobs of the namespace, or the claims that a history holds')
    .option('--generation <week>', 'of this week only, like 2026-W48', readGeneration)
    .option('--prefix <digits>', 'those whose digests begin so', readDigestPrefix)
    .option('--larger-than <size>', 'those of more stored bytes, like 1MiB', readBytes)
    .option('--limit <number>', 'how many at most', wholeNumber())
    .option(
      '--workflow <id>',
      'the claims in the history of this run or workflow instead, by event',
    )
    .option('--run <id>', 'with --workflow: of the run whose id begins so, not the latest')
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

async function listAll(
  { place, progress }: BlobsSession,
  filter: BlobsFilter,
  { limit, json }: Printing,
): Promise<void> {
  const rows = createRowPrinter([
    { name: 'digest', width: shortDigits },
    { name: 'generation', width: 10 },
    { name: 'stored', width: 9, isFigure: true },
    { name: 'modified', width: 20 },
  ])
  const { bytes, time } = tableFigures()
  let count = 0
  let listed = 0
  const onListed = (): void => {
    listed += 1
    progress.show(
      () => `${formatCount(listed)} objects, ${formatCount(count)} blobs of those wanted`,
    )
  }
  for await (const blob of listBlobs(place, filter, onListed)) {
    if (count === limit) break
    count += 1
    const { digest, generation, storedBytes, modifiedAt, key } = blob
    // The same terminal may show both.
    if (process.stdout.isTTY) progress.end()
    if (json) printJson({ type: 'blob', digest, generation, storedBytes, modifiedAt, key })
    else
      await rows.print([
        shown(digest),
        generation,
        bytes(storedBytes),
        time(modifiedAt.toISOString()),
      ])
  }
  progress.end()
  await rows.flush()
  if (count === 0 && process.stdout.isTTY) process.stderr.write('There is no such blob.\n')
}

async function listClaims(
  { place, connect }: BlobsSession,
  { workflow, run }: { readonly workflow: string; readonly run: string | undefined },
  { limit, json }: Printing,
): Promise<void> {
  const { client, histories } = await connect()
  const { signal } = place
  const { workflowId, runId } = await runOfWorkflow(client, { workflow, run, signal })
  const rows = createRowPrinter([
    { name: 'event', width: 6, isFigure: true },
    { name: 'type', width: 30 },
    { name: 'field', width: 14 },
    { name: 'kind', width: 5 },
    { name: 'digest', width: shortDigits },
    { name: 'plain', width: 9, isFigure: true },
    { name: 'stored', width: 9, isFigure: true },
  ])
  let events = 0
  let count = 0
  for await (const event of histories.events({ workflowId, runId, signal })) {
    events += 1
    if (count === limit) break
    for (const found of claimsOfEvent(event, { workflowId, runId })) {
      if (count === limit) break
      count += 1
      if (json) printJson(lineOf(found))
      else await rows.print(cellsOf(found))
    }
  }
  if (events === 0) throw runNotFound(`${workflowId} ${runId}`)
  await rows.flush()
  if (count === 0 && process.stdout.isTTY) process.stderr.write('The history holds no claim.\n')
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
  const sizes = [sizeBytes, storedBytes].map(tableFigures().bytes)
  return [String(eventId), eventType, field, kind, shown(digest), ...sizes]
}
