import { Client } from 'pg'
import { readCredentials } from '../../infra/stack/stack-credentials.ts'
import { stackPaths } from '../../infra/stack/stack-paths.ts'
import type { BenchStack } from './bench-stack.ts'

/** A connection as the role that loads, which may ask for checkpoints too. */
export async function openBenchDatabase(stack: BenchStack): Promise<Client> {
  const { url } = stack.addresses.database
  const superuserUrl = new URL(url)
  superuserUrl.username = 'postgres'
  const credentials = readCredentials(stackPaths(stack.directory).credentials)
  superuserUrl.password = credentials?.database.superuserPassword ?? ''
  const superuser = new Client({ connectionString: superuserUrl.href })
  await superuser.connect()
  await superuser.query(`GRANT pg_checkpoint TO ${new URL(url).username}`)
  await superuser.end()
  const database = new Client({ connectionString: url })
  await database.connect()
  return database
}
