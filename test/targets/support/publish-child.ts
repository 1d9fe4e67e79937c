/**
 * A worker that publishes one dataset and is killed meanwhile: reads a PublishRequest (without its
 * signal) from its first argument and the database from CLAIMCHECK_DATABASE_URL.
 */
import { createPostgresTarget } from '../../../src/targets/postgres/postgres-target.ts'

const url = process.env['CLAIMCHECK_DATABASE_URL'] ?? ''
const request = JSON.parse(process.argv[2] ?? '{}')
const target = createPostgresTarget({ url })
await target.publish({ ...request, signal: AbortSignal.timeout(60_000) })
await target.close()
