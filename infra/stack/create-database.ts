import { Client } from 'pg'

export interface DatabaseToCreate {
  /** Connects the superuser to the database `postgres`. */
  readonly superuserUrl: string
  /** The name of the database and of the user that owns it. */
  readonly name: string
  readonly password: string
}

/** Makes the user and its database where they are missing, and sets the user's password. */
export async function createDatabase(wanted: DatabaseToCreate): Promise<void> {
  const client = new Client({ connectionString: wanted.superuserUrl })
  client.on('error', () => {})
  try {
    await client.connect()
    const name = client.escapeIdentifier(wanted.name)
    const { rowCount: users } = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [
      wanted.name,
    ])
    // CREATEDB: tests clone a template database each.
    await client.query(
      `${users === 0 ? 'CREATE' : 'ALTER'} ROLE ${name} LOGIN CREATEDB PASSWORD ${client.escapeLiteral(wanted.password)}`,
    )
    const { rowCount: databases } = await client.query(
      'SELECT 1 FROM pg_database WHERE datname = $1',
      [wanted.name],
    )
    if (databases === 0) await client.query(`CREATE DATABASE ${name} OWNER ${name}`)
    // A schema of the user's own name comes first by default, and that is the catalog's: a table made
    // without a schema must not land there.
    await client.query(`ALTER ROLE ${name} SET search_path = public`)
  } finally {
    await client.end()
  }
}
