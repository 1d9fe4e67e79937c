import { randomBytes } from 'node:crypto'

import { z } from 'zod'

import { readTextFile } from './read-text-file.ts'
import { writeFileAtomically } from './write-file-atomically.ts'

const schema = z.object({
  store: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  database: z.object({ password: z.string(), superuserPassword: z.string() }),
})

/** The secrets of the servers started here, made once for each stack directory. */
export type StackCredentials = z.infer<typeof schema>

/** @throws ZodError or SyntaxError when the file was damaged by hand. */
export function readCredentials(path: string): StackCredentials | undefined {
  const text = readTextFile(path)
  return text === undefined ? undefined : schema.parse(JSON.parse(text))
}

/** The stack's secrets; random ones are written, for the owner only, when there are none yet. */
export function obtainCredentials(path: string): StackCredentials {
  const known = readCredentials(path)
  if (known !== undefined) return known
  const made: StackCredentials = {
    store: { accessKeyId: `claimcheck${hex(5)}`, secretAccessKey: hex(20) },
    database: { password: hex(16), superuserPassword: hex(16) },
  }
  writeFileAtomically(path, `${JSON.stringify(made, undefined, 2)}\n`, 0o600)
  return made
}

function hex(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
