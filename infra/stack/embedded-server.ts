import type { ServerCommand } from './launch-server.ts'
import type { ServerName } from './server-name.ts'
import type { StackState } from './stack-state.ts'

export type Ports = Readonly<Record<string, number>>

/** One server that can be started here. The supervisor calls the members in the order they stand. */
export interface EmbeddedServer {
  readonly name: ServerName
  readonly portNames: readonly string[]
  /**
   * Makes ready what lies on disk, before the ports are chosen.
   * @param run runs a program to its end, and rejects when it fails
   */
  prepare(run: (command: ServerCommand) => Promise<void>): Promise<void>
  command(ports: Ports): ServerCommand
  /** Rejects as long as the server is not ready for real work; with a StackError where it never will be. */
  check(ports: Ports): Promise<void>
  /** What the state file tells about it. */
  describe(ports: Ports): Partial<StackState>
  /** Removes what the server leaves behind outside its data. */
  tidy(ports: Ports): void
}

/** The named port; the names are those of `portNames`, so one that is missing is a bug. */
export function portOf(ports: Ports, name: string): number {
  const port = ports[name]
  if (port === undefined) throw new Error(`no port was chosen for ${name}`)
  return port
}

/** What every server is given of our environment: where programs, home and temporary files are. */
export function plainEnvironment(): Record<string, string> {
  return Object.fromEntries(
    ['PATH', 'HOME', 'TMPDIR', 'TZ']
      .map((name) => [name, process.env[name]])
      .filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
