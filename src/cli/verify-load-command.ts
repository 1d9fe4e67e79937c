import type { Command } from '@commander-js/extra-typings'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSettings } from '../config/read-settings.ts'
import { EXIT_CODES } from '../exit-code.ts'
import { findLoadByPrefix, type LoadRecord } from '../targets/postgres/list-loads.ts'
import { withCatalog } from '../targets/postgres/open-catalog.ts'
import type { VerifiedLoad, VerifyRequest } from '../targets/postgres/verify-load.ts'
import { createCountLine } from './count-line.ts'
import { endSignal } from './end-signal.ts'
import { describeVerified } from './describe-verified.ts'
import { printJson } from './print-json.ts'
import { readDatasetPrefix } from './read-dataset-prefix.ts'
import { findServers } from './session.ts'

const exitCodes = {
  equal: EXIT_CODES.ok,
  differs: EXIT_CODES.failed,
  damaged: EXIT_CODES.damage,
} as const satisfies Record<VerifiedLoad['verdict'], number>

/** `loads verify`: whether a table still has what was loaded into it. */
export function addVerifyLoadCommand(loads: Command): void {
  loads
    .command('verify')
    .description('compare a table with the dataset that was loaded into it')
    .argument('<dataset>', 'the id of the dataset, or how that begins', readDatasetPrefix)
    .option('--keys', 'show the keys of up to ten rows of each kind that differ')
    .option('--json', 'print one JSON object')
    .action(async (prefix, { keys = false, json = false }) => {
      const signal = endSignal()
      const progress = createCountLine()
      const onPart: VerifyRequest['onPart'] = (done, all) =>
        progress.show(() => (done < all ? `reading part ${done + 1} of ${all}` : 'comparing'))
      try {
        const { load, verified } = await verify(prefix, { withExamples: keys, onPart, signal })
        progress.end()
        if (json) printJson({ type: 'verified', datasetId: load.datasetId, ...verified })
        else process.stdout.write(describeVerified(load, verified))
        process.exitCode = exitCodes[verified.verdict]
      } catch (error) {
        progress.end()
        if (!signal.aborted) throw error
        process.stderr.write('Interrupted; what was staged to be compared is removed.\n')
        process.exitCode = EXIT_CODES.failed
      }
    })
}

async function verify(
  prefix: string,
  options: Omit<VerifyRequest, 'load'>,
): Promise<{ readonly load: LoadRecord; readonly verified: VerifiedLoad }> {
  const { database, store: storeAddress } = findServers(readSettings(process.env))
  const { signal } = options
  // Heavy, and few commands need them.
  const { DuckDb } = await import('../../activities/index.ts')
  const { createS3ObjectStore } = await import('../../codec/index.ts')
  const { verifyLoad } = await import('../targets/postgres/verify-load.ts')
  return withCatalog(database.url, signal, async (sessions) => {
    const load = await sessions.transaction('claimcheck loads', signal, (session) =>
      findLoadByPrefix(session, prefix),
    )
    const store = createS3ObjectStore(storeAddress)
    const spillDirectory = join(tmpdir(), `claimcheck-spill-${process.pid}`)
    const duckDb = await DuckDb.open({ spillDirectory })
    try {
      const verified = await verifyLoad({ sessions, store, duckDb }, { ...options, load })
      return { load, verified }
    } finally {
      duckDb.close()
      store.close()
    }
  })
}
