import type { Account } from './database-account.ts'
import { plainEnvironment } from './embedded-server.ts'
import type { ServerCommand } from './launch-server.ts'

/**
 * How one of PostgreSQL's own programs is run.
 *
 * @param native The folder of `bin`, `lib` and `share`.
 */
export function postgresProgram(
  native: string,
  account: Account | undefined,
  name: string,
  args: readonly string[],
): ServerCommand {
  return {
    file: `${native}/bin/${name}`,
    args,
    environment: { ...plainEnvironment(), LC_ALL: 'C' },
    // SIGINT is PostgreSQL's fast shutdown: it waits for no client.
    stopSignal: 'SIGINT',
    ...(account === undefined ? {} : { account }),
  }
}
