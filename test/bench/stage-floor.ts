import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { columnNames } from './flights-table.ts'
import { findFloorTools } from './floor.ts'

export interface FileCopy {
  readonly databaseUrl: string
  readonly table: string
  readonly path: string
  /** CSV has a header. */
  readonly format: 'csv' | 'binary'
}

/** `psql`, or where it is not installed our stand-in, into which the file is piped. */
export const { copy: copyTool } = findFloorTools()

const standIn = fileURLToPath(import.meta.resolve('./floor-copy.ts'))
const run = promisify(execFile)

/** Brings a file's rows into a table, as a person would. */
export async function copyFile({ databaseUrl, table, path, format }: FileCopy): Promise<void> {
  const into = `${table} (${columnNames.join(', ')})`
  const options = format === 'csv' ? '(FORMAT csv, HEADER)' : '(FORMAT binary)'
  // Not on the command line, where everybody on the machine could read the password.
  const url = new URL(databaseUrl)
  const PGPASSWORD = decodeURIComponent(url.password)
  url.password = ''
  const [program, ...args] =
    copyTool === 'psql'
      ? ['psql', '-X', '-c', `\\copy ${into} FROM '${path}' ${options}`, url.href]
      : [process.execPath, standIn, `COPY ${into} FROM STDIN ${options}`]
  const env = { ...process.env, PGPASSWORD, PGURL: databaseUrl }
  const running = run(program ?? '', args, { env })
  if (copyTool !== 'psql') {
    const file = await open(path)
    file.createReadStream().pipe(running.child.stdin ?? process.stderr)
  }
  const { stdout } = await running
  if (!/^COPY \d+$/m.test(stdout)) throw new Error(`${copyTool} copied nothing: ${stdout}`)
}
