import { fileURLToPath } from 'node:url'
import type { StackAddresses } from '../../infra/stack/stack-addresses.ts'
import { openSession } from '../../src/cli/session.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { migrate } from '../../src/targets/postgres/migrate.ts'
import { openSessions } from '../../src/targets/postgres/sessions.ts'
import { stackEnvironment } from '../support/stack-environment.ts'
import { backdateObjects } from './backdate-objects.ts'
import { fillBucket, writtenAt, type BucketCounts } from './bucket-of-a-year.ts'
import { startPrivateServers } from './private-servers.ts'

/** Servers that nobody else uses, with a full bucket. */
export interface ObjectsBed {
  readonly counts: BucketCounts
  readonly environment: NodeJS.ProcessEnv
  /** Objects beside the audit of what was deleted. */
  countObjects(): Promise<number>
  stop(): Promise<void>
}

const migrations = fileURLToPath(import.meta.resolve('../../infra/migrations'))

export async function openObjectsBed(
  objects: number,
  say: (text: string) => void,
): Promise<ObjectsBed> {
  const own = await startPrivateServers(say)
  const { addresses } = own.servers
  const session = await openSession(readSettings({}), addresses)
  const stop = async (): Promise<void> => {
    await session.close()
    await own.stop()
  }
  try {
    await migrateCatalog(addresses)
    say(`putting ${objects} objects`)
    const counts = await fillBucket(session, objects)
    say('making them older')
    await backdateObjects(own.directory, session.store.bucket, writtenAt)
    return {
      counts,
      environment: { ...process.env, ...stackEnvironment(addresses) },
      async countObjects() {
        let count = 0
        for await (const { key } of session.store.list('')) {
          if (!key.startsWith('audit/')) count += 1
        }
        return count
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** As a first worker does: whoever judges datasets asks the catalog what was loaded. */
async function migrateCatalog({ database: { url } }: StackAddresses): Promise<void> {
  const sessions = openSessions({ url, maxConnections: 1, connectTimeoutMs: 10_000 })
  try {
    await migrate(sessions, migrations, new AbortController().signal)
  } finally {
    await sessions.close()
  }
}
