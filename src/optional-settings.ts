import type { ClientBase } from 'pg'

/**
 * A client that is gone is noticed within a second by a server that is computing, and within about a
 * minute by one that waits for a host that fell silent. Old servers and some platforms refuse some of
 * these; they are not needed for correctness.
 */
const optional = [
  `set_config('client_connection_check_interval', '1s', true)`,
  `set_config('tcp_keepalives_idle', '30', true)`,
  `set_config('tcp_keepalives_interval', '10', true)`,
  `set_config('tcp_keepalives_count', '3', true)`,
]

const accepted = new WeakMap<ClientBase, string>()

/**
 * A statement with those of the settings that the server takes, for the transaction that it stands in: behind
 * a transaction pooler the connection is somebody else's afterwards.
 */
export async function optionalSettings(client: ClientBase): Promise<string> {
  const known = accepted.get(client)
  if (known !== undefined) return known
  const taken: string[] = []
  for (const setting of optional) {
    // Alone it holds until it has ended.
    await client.query(`SELECT ${setting}`).then(
      () => taken.push(setting),
      () => {},
    )
  }
  const statement = taken.length === 0 ? '' : `SELECT ${taken.join(', ')}`
  accepted.set(client, statement)
  return statement
}
