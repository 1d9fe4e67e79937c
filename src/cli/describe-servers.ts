import type { RunningStack } from '../../infra/stack/start-stack.ts'
import { formatTable } from './format.ts'

/** The servers' addresses for people; a password is never among them. */
export function describeServers(
  { addresses, urls }: RunningStack,
  credentialsFile: string,
): string {
  const { temporal, store, database } = addresses
  const databaseUrl = new URL(database.url)
  databaseUrl.password = ''
  const rows = [
    ['Temporal', temporal.address],
    ['Temporal UI', urls.temporalUi ?? ''],
    ['S3 store', `${store.endpoint ?? 'AWS'} (bucket ${store.bucket})`],
    ['Bucket browser', urls.storeBrowser ?? ''],
    ['PostgreSQL', databaseUrl.href],
    ['Passwords', urls.storeBrowser === undefined ? '' : credentialsFile],
  ]
  return formatTable(rows.filter(([, address]) => address !== ''))
}
