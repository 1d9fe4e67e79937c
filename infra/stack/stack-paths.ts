import { join } from 'node:path'

import type { ServerName } from './server-name.ts'

export interface StackPaths {
  readonly directory: string
  /** What runs, where and since when. Holds no secret. */
  readonly state: string
  /** The generated secrets, readable by their owner only. */
  readonly credentials: string
  /** Held by the supervisor for as long as it lives. */
  readonly lock: string
  readonly data: string
  readonly logs: string
}

/** Where each file of a stack lies under its directory. */
export function stackPaths(directory: string): StackPaths {
  return {
    directory,
    state: join(directory, 'stack.json'),
    credentials: join(directory, 'credentials.json'),
    lock: join(directory, 'stack.lock'),
    data: join(directory, 'data'),
    logs: join(directory, 'logs'),
  }
}

export function logPath(paths: StackPaths, writer: ServerName | 'supervisor'): string {
  return join(paths.logs, `${writer}.log`)
}
