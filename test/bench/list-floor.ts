/** The least that lists a bucket with the same client: counts its objects, and nothing else. */
import { createS3ObjectStore } from '../../codec/index.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { findServers } from '../../src/cli/session.ts'

const store = createS3ObjectStore(findServers(readSettings(process.env)).store)
let objects = 0
for await (const _ of store.list('')) objects += 1
process.stdout.write(`${JSON.stringify({ objects })}\n`)
store.close()
