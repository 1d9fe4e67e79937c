import { join } from 'node:path'
import type { EmbeddedServer } from '../../../infra/stack/embedded-server.ts'
import { addressSettings } from '../../../infra/stack/external-addresses.ts'
import { startGuardian } from '../../../infra/stack/guardian.ts'
import { runServer } from '../../../infra/stack/run-server.ts'
import { temporalServer } from '../../../infra/stack/temporal-server.ts'
import { openBenchDirectory } from '../bench-directory.ts'
import { startIn, type PrivateServers } from '../private-servers.ts'

/**
 * A closed run goes only when the server has noted that all tasks up to the one that closed it are done. It
 * notes that twice a minute, and a run that waits to go is such a task itself, for all runs that end after
 * it: where runs end and go all the time, each goes later than those before it, in the end by minutes.
 */
const forgetSoon = [
  'history.transferProcessorUpdateAckInterval="1s"',
  'history.visibilityProcessorUpdateAckInterval="1s"',
  // Else the listing may note the end of a run after it has gone, and shows it for good.
  'history.visibilityProcessorEnsureCloseBeforeDelete=true',
]

/** Servers that nobody else uses; Temporal's forgets a run some seconds after it is asked to. */
export async function startSoakServers(say: (text: string) => void): Promise<PrivateServers> {
  const bench = openBenchDirectory()
  const starting = startTemporal(bench.path)
  bench.endBefore(async () => (await starting).stop())
  const temporal = await starting
  const servers = await startIn(bench, say, { [addressSettings.temporal]: temporal.address })
  return { directory: bench.path, servers, endBefore: bench.endBefore, stop: bench.remove }
}

async function startTemporal(directory: string) {
  const usual = temporalServer(directory)
  const server: EmbeddedServer = {
    ...usual,
    command(ports) {
      const { args, ...command } = usual.command(ports)
      const settings = forgetSoon.map((setting) => `--dynamic-config-value=${setting}`)
      return { ...command, args: [...args, ...settings] }
    },
  }
  const guardian = startGuardian()
  await server.prepare(async () => undefined)
  const { ports, launched } = await runServer(server, {
    guardian,
    logFile: join(directory, 'temporal.log'),
    preferredPorts: {},
    signal: new AbortController().signal,
    onLaunch() {},
  })
  const { address } = server.describe(ports).addresses?.temporal ?? {}
  if (address === undefined) throw new Error('Temporal has no address')
  return {
    address,
    async stop() {
      await launched.stop()
      await guardian.dismiss()
    },
  }
}
