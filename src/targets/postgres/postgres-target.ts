import { fileURLToPath } from 'node:url'
import type { DatasetId, LoadTarget } from '../../../activities/load-target.ts'
import type { PostgresTargetDefinition } from '../../../activities/pipeline-definition.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import { checkCatalogRights, checkServer } from './check-database.ts'
import { checkEvolution } from './check-evolution.ts'
import { discardStaged } from './discard-staged.ts'
import { readCoveredSlices } from './covered-slices.ts'
import { checkLoadedIntervals } from './interval-rules.ts'
import { readHighWaterMark } from './high-water-mark.ts'
import { migrate } from './migrate.ts'
import { orCatalogDamage } from './or-catalog-damage.ts'
import { planLoad } from './plan-load.ts'
import { isPublished, publishLoad } from './publish-load.ts'
import { readEvolvedColumns } from './evolved-columns.ts'
import { recordRunBegan, recordRunFailed } from './record-run.ts'
import { resolveTarget } from './resolve-target.ts'
import { openSessions } from './sessions.ts'
import { stagePart } from './stage-part.ts'
import { takesUnstaged } from './takes-unstaged.ts'
import { sweepStaging } from './sweep-staging.ts'
import { sweepVerifyStaging } from './sweep-verify-staging.ts'

export interface PostgresTargetOptions {
  /** `postgres://user:password@host:port/database`. Never shown whole. */
  readonly url: string
  /**
   * Connections at once; more calls than this wait for each other.
   * @default 4
   */
  readonly maxConnections?: number
  /** @default 10_000 */
  readonly connectTimeoutMs?: number
  /**
   * How long an earlier attempt at the same work may go on before its session is ended.
   * @default 1_000
   */
  readonly patienceMs?: number
  /**
   * How long to wait for another load of the same table before giving up with TARGET_BUSY.
   * @default 300_000
   */
  readonly waitMs?: number
  /**
   * Where the numbered SQL files of the catalog lie.
   * @default infra/migrations
   */
  readonly migrationsDirectory?: string
}

/** Loads datasets into tables of one PostgreSQL database, each exactly once. */
export function createPostgresTarget(
  options: PostgresTargetOptions,
): LoadTarget<PostgresTargetDefinition> {
  const sessions = openSessions({
    url: options.url,
    maxConnections: options.maxConnections ?? 4,
    connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
  })
  const timing = { patienceMs: options.patienceMs ?? 1_000, waitMs: options.waitMs ?? 300_000 }
  const directory =
    options.migrationsDirectory ??
    fileURLToPath(new URL('../../../infra/migrations/', import.meta.url))

  return {
    async check(request) {
      const name = 'claimcheck check'
      await sessions.transaction(name, request.signal, async (session) => {
        await checkServer(session)
        // Before the migration, so that a load that cannot succeed leaves nothing behind.
        if (request.evolve === true) await checkEvolution(session, request)
        else await resolveTarget(session, request)
      })
      await orCatalogDamage(() => migrate(sessions, directory, request.signal))
      await orCatalogDamage(() =>
        sessions.transaction(name, request.signal, async (session) => {
          await checkCatalogRights(session)
          if (request.planOnly !== true) await recordRunBegan(session, request)
        }),
      )
      // Of plans nothing is noted: what is left of one that was killed is told by its id.
      if (request.planOnly === true) await sweepVerifyStaging(sessions, Date.now(), request.signal)
      try {
        await sweepStaging(sessions, request, timing)
        await sessions.transaction(name, request.signal, (session) =>
          checkLoadedIntervals(session, request),
        )
      } catch (error) {
        if (error instanceof PipelineError && !error.retryable) {
          // The run ends here, before there is anything that it could be told to discard.
          const { datasetId, signal } = request
          await sessions.transaction(name, signal, (session) =>
            recordRunFailed(session, { datasetId, failureCode: error.code }),
          )
        }
        throw error
      }
    },
    takesUnstaged: (request) =>
      sessions.transaction('claimcheck check', request.signal, (session) =>
        takesUnstaged(session, request),
      ),
    async stagePart(request) {
      assertDatasetId(request.datasetId)
      return stagePart(sessions, request, timing)
    },
    async publish(request) {
      assertDatasetId(request.datasetId)
      // A worker of an earlier version may have begun the run.
      await orCatalogDamage(() => migrate(sessions, directory, request.signal))
      return publishLoad(sessions, request, timing)
    },
    async plan(request) {
      assertDatasetId(request.datasetId)
      return planLoad(sessions, request, timing)
    },
    async isPublished(request) {
      assertDatasetId(request.datasetId)
      return isPublished(sessions, request)
    },
    coveredSlices: (request) =>
      sessions.transaction('claimcheck schedule', request.signal, (session) =>
        readCoveredSlices(session, request),
      ),
    highWaterMark: (request) =>
      sessions.transaction('claimcheck check', request.signal, (session) =>
        readHighWaterMark(session, request),
      ),
    evolvedColumns: (request) =>
      sessions.transaction('claimcheck check', request.signal, (session) =>
        readEvolvedColumns(session, request),
      ),
    async discard(request) {
      assertDatasetId(request.datasetId)
      await discardStaged(sessions, request, timing)
    },
    close: () => sessions.close(),
  }
}

/** It becomes part of table and session names. */
function assertDatasetId(datasetId: DatasetId): void {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(datasetId)) return
  throw new PipelineError('TARGET_FAILED', 'A dataset id is not a lower-case UUID', {
    remedy: 'This is a fault in Claimcheck: report it.',
  })
}
