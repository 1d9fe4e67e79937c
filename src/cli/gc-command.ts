import { randomUUID } from 'node:crypto'
import type { Command } from '@commander-js/extra-typings'
import { deleteGarbage, visibilityMs } from '../../activities/retention/delete-garbage.ts'
import { GarbageTally, type GarbageSummary } from '../../activities/retention/garbage-summary.ts'
import { markNamespace } from '../../activities/retention/namespace-mark.ts'
import { parkPlan } from '../../activities/retention/parked-plan.ts'
import { planGarbage } from '../../activities/retention/plan-garbage.ts'
import { undecided } from '../../activities/retention/undecided.ts'
import type { GarbageKind, GarbageSource } from '../../activities/retention/garbage.ts'
import type { UnfinishedUploads } from '../../codec/index.ts'
import { createRetentionHistories } from '../client/retention-histories.ts'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { openGarbage } from '../inspect/open-garbage.ts'
import { confirm } from './confirm.ts'
import { endSignal } from './end-signal.ts'
import { formatBytes, formatCount } from '../format-number.ts'
import { graceOption, kindOption, maxDeleteOption } from './gc-options.ts'
import { keepHeapSmall } from './keep-heap-small.ts'
import { createLookLine, type LookLine } from './look-line.ts'
import { printGarbage } from './print-garbage.ts'
import { printJson } from './print-json.ts'
import { findServers, openSession, type Session } from './session.ts'

/** `claimcheck gc`: what nothing needs any more, and deleting it. */
export function addGcCommand(program: Command): void {
  program
    .command('gc')
    .addOption(kindOption())
    .addOption(graceOption())
    .option('--apply', 'delete what is listed')
    .option('--yes', 'do not ask before deleting')
    .addOption(maxDeleteOption())
    .option('--json', 'print JSON lines')
    .action(async (options, command) => {
      const { apply = false, yes = false, json = false, kind, grace, maxDelete } = options
      if (apply && !yes && !process.stdin.isTTY) {
        command.error('error: --apply needs --yes where nobody can be asked')
      }
      const signal = endSignal()
      try {
        await withSources({ kinds: kind, graceMs: grace }, (context) =>
          apply
            ? sweep(context, { yes, json, maxDelete, signal })
            : show(context, { json, signal }),
        )
      } catch (error) {
        if (!signal.aborted) throw error
        process.stderr.write('Interrupted; the audit says what was deleted, if anything.\n')
        process.exitCode = EXIT_CODES.failed
      }
    })
}

interface Context {
  readonly status: LookLine
  readonly session: Session
  readonly uploads: UnfinishedUploads
  readonly sources: readonly GarbageSource[]
}

async function withSources(
  scope: { readonly kinds: readonly GarbageKind[] | undefined; readonly graceMs: number },
  work: (context: Context) => Promise<void>,
): Promise<void> {
  keepHeapSmall()
  const settings = readSettings(process.env)
  const addresses = findServers(settings)
  const session = await openSession(settings, addresses).catch((error: unknown) => {
    throw undecided('It cannot be told what is garbage', error)
  })
  const status = createLookLine()
  const garbage = openGarbage({
    ...session,
    onLook: status.look,
    addresses,
    environment: process.env,
    allowedHosts: settings.sourceHosts,
  })
  try {
    const { uploads, garbageSources } = garbage
    await work({ status, session, uploads, sources: garbageSources(scope) })
  } finally {
    status.end()
    await garbage.close()
    await session.close()
  }
}

async function show(
  { status, sources }: Context,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const tally = new GarbageTally()
  for await (const finding of planGarbage(sources, { now: new Date(), signal })) {
    tally.add(finding)
    status.found(tally.objects)
  }
  status.end()
  const summary = tally.summary()
  printGarbage(summary, { json })
  if (!json) process.stderr.write(`${totalOf(summary)}; \`--apply\` deletes them\n`)
}

async function sweep(
  { status, session, uploads, sources }: Context,
  options: {
    readonly yes: boolean
    readonly json: boolean
    readonly maxDelete: number
    readonly signal: AbortSignal
  },
): Promise<void> {
  const { yes, json, maxDelete, signal } = options
  const { store } = session
  const now = new Date()
  // Not by the process: of two in containers both often have the same number.
  const id = `${now.toISOString().slice(11, 19).replaceAll(':', '')}-${randomUUID().slice(0, 8)}`
  await markNamespace({ store, histories: createRetentionHistories(session.client) }, signal)
  const { key: plan, summary } = await parkPlan(
    { store, sources },
    { id, now, signal, onFinding: status.found },
  )
  status.end()
  printGarbage(summary, { json })
  const isWithinLimit = summary.objects <= maxDelete
  if (isWithinLimit && summary.objects > 0 && !yes) {
    const isWanted = await confirm(`Delete ${totalOf(summary)}?`)
    if (!isWanted) {
      process.stderr.write('Nothing was deleted.\n')
      return
    }
  }
  status.again('waiting for runs that have just begun, to look again with them')
  const swept = await deleteGarbage(
    { store, uploads, sources, settleMs: visibilityMs },
    {
      plan,
      maxDelete,
      now,
      signal,
      onProgress: ({ deleted, planned }) =>
        status.show(() => `${formatCount(deleted)} of ${formatCount(planned)} are deleted`),
    },
  )
  status.end()
  if (json) printJson({ type: 'deleted', ...swept, audit: plan })
  else {
    const others = `${formatCount(swept.gone)} were gone, ${formatCount(swept.kept)} stay after all`
    process.stderr.write(
      `deleted ${formatCount(swept.deleted)} objects, ${formatBytes(swept.deletedBytes)}; ${others}; the audit lies beside ${plan}\n`,
    )
  }
}

function totalOf({ objects, sizeBytes }: GarbageSummary): string {
  return `${formatCount(objects)} objects, ${formatBytes(sizeBytes)}`
}
