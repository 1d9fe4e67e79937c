import { Client, Connection } from '@temporalio/client'
import { loadClientConnectConfig } from '@temporalio/envconfig'
import { createDataConverter, type ObjectStore } from '../../codec/index.ts'
import type { TemporalAddress } from '../../infra/stack/stack-addresses.ts'
import { CommandError } from '../command-error.ts'
import type { PayloadSettings } from '../config/read-settings.ts'

/** Histories and query answers may be larger than gRPC's own limit of 4 MiB. */
const maxMessageBytes = 64 * 1024 * 1024

/** For a server that the environment names: TLS, API key and headers as every Temporal tool has them. */
export function connectionOptions({ address }: TemporalAddress) {
  const isNamed = (process.env['TEMPORAL_ADDRESS'] ?? '') !== ''
  return { ...(isNamed ? loadClientConnectConfig().connectionOptions : {}), address }
}

/**
 * A client whose payloads go through the claim check.
 *
 * @throws CommandError TEMPORAL_UNREACHABLE
 */
export async function connectClient(
  temporal: TemporalAddress,
  payloads: PayloadSettings & { readonly store: ObjectStore },
): Promise<Client> {
  const { namespace } = temporal
  const connection = await reach(temporal, () =>
    Connection.connect({
      ...connectionOptions(temporal),
      connectTimeout: '10 seconds',
      channelArgs: { 'grpc.max_receive_message_length': maxMessageBytes },
    }),
  )
  const dataConverter = createDataConverter({ ...payloads, namespace })
  return new Client({ connection, namespace, dataConverter })
}

/** Runs `connect`, naming the address where it fails. */
export async function reach<T>(
  { address }: TemporalAddress,
  connect: () => Promise<T>,
): Promise<T> {
  try {
    return await connect()
  } catch (cause) {
    throw new CommandError('TEMPORAL_UNREACHABLE', 'Temporal cannot be reached', {
      at: { address },
      remedy: 'Start the servers with `claimcheck up`, or correct TEMPORAL_ADDRESS.',
      retryable: true,
      cause,
    })
  }
}
