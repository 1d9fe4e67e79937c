import type { Command } from '@commander-js/extra-typings'
import { NameSet } from '../../activities/retention/name-set.ts'
import { EXIT_CODES, type ExitCode } from '../exit-code.ts'
import { keyPrefixes } from '../inspect/blobs/key-prefixes.ts'
import { missingReferences } from '../inspect/blobs/missing-references.ts'
import { verifyObjects, type Finding, type VerifySummary } from '../inspect/blobs/verify-objects.ts'
import { readGeneration } from './blobs-arguments.ts'
import { withBlobs, type BlobsSession } from './blobs-session.ts'
import { formatBytes, formatCount, formatCounted } from '../format-number.ts'
import { printJson } from './print-json.ts'
import { tableCell } from './table-cell.ts'
import { wholeNumber } from './whole-number.ts'

/** `blobs verify`: reads objects and says which are not what they have to be. */
export function addVerifyBlobsCommand(blobs: Command): void {
  blobs
    .command('verify')
    .description('read objects and name each that is damaged or missing')
    .argument('[prefixes...]', 'beginnings of digests or keys, or folders such as `landing`')
    .option('--generation <week>', 'blobs of this week only, like 2026-W48', readGeneration)
    .option('--sample <number>', 'so many objects, taken by chance', wholeNumber())
    .option('--references', 'read histories and schedules too, for claims of what is not there')
    .option('--json', 'print one JSON object a finding, then a summary')
    .action((prefixes, { json = false, ...options }) =>
      withBlobs(async (session) => {
        const summary = await verify(session, { ...options, prefixes, print: printer(json) })
        session.progress.end()
        if (json) printJson({ type: 'summary', ...summary })
        else process.stderr.write(`${describe(summary)}\n`)
        process.exitCode = exitCodeFor(summary)
      }),
    )
}

interface Verification {
  readonly prefixes: readonly string[]
  readonly generation?: Parameters<typeof verifyObjects>[1]['generation']
  readonly sample?: number | undefined
  readonly references?: boolean | undefined
  readonly print: (finding: Finding) => void
}

async function verify(
  { place, progress, connect }: BlobsSession,
  { prefixes: texts, generation, sample, references = false, print }: Verification,
): Promise<VerifySummary> {
  // First of all, so that a server that is away is told before hours of reading.
  const connected = references ? await connect() : undefined
  const listed = new NameSet()
  const onFinding = (finding: Finding): void => {
    progress.end()
    print(finding)
  }
  const summary = await verifyObjects(place, {
    prefixes: texts.length === 0 ? undefined : await keyPrefixes(place, texts),
    generation,
    sample,
    onFinding,
    onProgress: ({ objects, storedBytes, damaged }) => {
      progress.show(
        () =>
          `${formatCount(objects)} objects, ${formatBytes(storedBytes)}, ${formatCount(damaged)} damaged`,
      )
    },
    ...(references ? { onListed: (key: string) => listed.add(key) } : {}),
  })
  if (connected === undefined) return summary
  const missing = missingReferences(place, connected.histories, {
    isListed: (key) => listed.has(key),
    onProgress: (read) => progress.show(() => `${formatCount(read)} histories read`),
  })
  for await (const finding of missing) {
    summary.missing += 1
    onFinding(finding)
  }
  return summary
}

function printer(json: boolean): (finding: Finding) => void {
  return ({ state, key, code, message, remedy }) => {
    if (json) printJson({ type: 'finding', state, key, code, message, remedy })
    else process.stdout.write(`${[state, key, code, message].map(tableCell).join('\t')}\n`)
  }
}

function exitCodeFor({ damaged, missing, locked }: VerifySummary): ExitCode {
  if (damaged + missing > 0) return EXIT_CODES.damage
  return locked > 0 ? EXIT_CODES.failed : EXIT_CODES.ok
}

/** What is not the case is left out. */
function describe({ objects, storedBytes, ...summary }: VerifySummary): string {
  const told: readonly (readonly [number, string])[] = [
    [summary.intact, 'intact'],
    [summary.readable, 'whole, with no digest to compare'],
    [summary.damaged, 'damaged'],
    [summary.missing, 'missing'],
    [summary.locked, 'encrypted with keys that are not here'],
    [summary.gone, 'deleted meanwhile'],
    [summary.foreign, 'not of this program and not looked at'],
  ]
  const states = told
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${formatCount(count)} ${what}`)
  return [`${formatCounted(objects, 'object')}, ${formatBytes(storedBytes)}`, ...states].join('; ')
}
