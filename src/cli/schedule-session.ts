import type { ScheduleClient } from '@temporalio/client'
import { openSchedules } from '../client/open-schedules.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { openCoverage, type Coverage } from '../targets/open-coverage.ts'
import { findServers, openSession, type Session } from './session.ts'

/** What commands about schedules work with. */
export interface ScheduleSession extends Pick<Session, 'client'> {
  readonly settings: Settings
  readonly schedules: ScheduleClient
  readonly coverage: Coverage
}

/** Runs `work` with connections to the servers, and closes them. */
export async function withSchedules<Result>(
  work: (session: ScheduleSession) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(process.env)
  const addresses = findServers(settings)
  const session = await openSession(settings, addresses)
  const { client, store } = session
  const coverage = openCoverage({
    databaseUrl: addresses.database.url,
    store: addresses.store,
    environment: process.env,
    allowedHosts: settings.sourceHosts,
  })
  try {
    const schedules = openSchedules(client, { ...settings.payloads, store })
    return await work({ settings, client, schedules, coverage })
  } finally {
    await coverage.close()
    await session.close()
  }
}
