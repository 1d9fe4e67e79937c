import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Client } from 'pg'
import { columnNames, createStaging } from './flights-table.ts'

/** The programs of the floor: those that everybody knows, or our stand-ins where they are missing. */
export interface FloorTools {
  readonly fetch: 'curl' | 'node http'
  readonly reencode: 'node, bytes between known keys'
  readonly copy: 'psql' | 'node pg-copy-streams'
}

export interface FloorLoad {
  readonly tools: FloorTools
  /** NDJSON of all rows in one answer. */
  readonly url: string
  readonly database: Client
  readonly databaseUrl: string
  readonly staging: string
  /** What brings the staged rows into the table; each statement as it is, in one transaction. */
  readonly merge: readonly string[]
}

export function findFloorTools(): FloorTools {
  const has = (program: string): boolean => spawnSync(program, ['--version']).status === 0
  return {
    fetch: has('curl') ? 'curl' : 'node http',
    reencode: 'node, bytes between known keys',
    copy: has('psql') ? 'psql' : 'node pg-copy-streams',
  }
}

/** As a textbook writes it. */
export function textbookMerge(staging: string, table: string): string {
  const [key, ...others] = columnNames
  return `INSERT INTO ${table} (${columnNames.join(', ')})
SELECT ${columnNames.join(', ')} FROM ${staging}
ON CONFLICT (${key}) DO UPDATE SET ${others.map((name) => `${name} = EXCLUDED.${name}`).join(', ')}`
}

const script = (name: string): string => fileURLToPath(import.meta.resolve(name))
const run = promisify(execFile)

/** Fetch, re-encode, COPY, merge: the least that can bring these rows into a table. */
export async function runFloor(load: FloorLoad): Promise<{ rows: number; seconds: number }> {
  const { tools, url, database, databaseUrl, staging } = load
  await createStaging(database, staging)
  const node = process.execPath
  const copy = `COPY ${staging} (${columnNames.join(', ')}) FROM STDIN`
  const stages = [
    tools.fetch === 'curl' ? ['curl', '-sS', '--fail', url] : [node, script('./floor-get.ts'), url],
    [node, script('./ndjson-to-copy.ts')],
    tools.copy === 'psql' ? ['psql', '-Xc', copy] : [node, script('./floor-copy.ts'), copy],
  ]
  const pipes = stages.map((stage) => stage.map(quoteForShell).join(' ')).join(' | ')
  const began = performance.now()
  const { stdout } = await run('sh', ['-c', pipes], {
    env: { ...process.env, ...connectionVariables(databaseUrl), PGURL: databaseUrl },
  })
  const rows = Number(/^COPY (\d+)$/m.exec(stdout)?.[1] ?? 0)
  await database.query('BEGIN')
  for (const statement of load.merge) await database.query(statement)
  await database.query('COMMIT')
  const seconds = (performance.now() - began) / 1000
  await database.query(`DROP TABLE ${staging}`)
  return { rows, seconds }
}

/** Not on the command line, where everybody on the machine could read the password. */
function connectionVariables(databaseUrl: string): Record<string, string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl)
  return {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: decodeURIComponent(pathname.slice(1)),
  }
}

function quoteForShell(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
