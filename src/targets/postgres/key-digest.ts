import type { PublishRequest } from './postgres-requests.ts'
import type { Session } from './sessions.ts'

/** Which keys a load brought, whatever their order. */
export interface KeyDigest {
  readonly keyCount: number
  readonly digest: string
}

/** Of the staged rows, duplicates taken out; undefined where the columns have no key. */
export async function keyDigest(
  _session: Session,
  _request: PublishRequest,
): Promise<KeyDigest | undefined> {
  return undefined
}
