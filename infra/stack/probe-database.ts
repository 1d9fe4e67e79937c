import { Client } from 'pg'

/** Milliseconds one attempt may take. */
const timeoutMs = 5000

/** Rejects unless the database at the URL answers a query. */
export async function probeDatabase(url: string): Promise<void> {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
  })
  // A connection that breaks between two queries must not end the process.
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('SELECT 1')
  } finally {
    await client.end()
  }
}
