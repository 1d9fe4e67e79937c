/** `psql` where there is none: standard input into one COPY of the database that PGURL names. */
import { pipeline } from 'node:stream/promises'
import { Client } from 'pg'
import { from } from 'pg-copy-streams'

const [statement = ''] = process.argv.slice(2)
const client = new Client({ connectionString: process.env['PGURL'] })
await client.connect()
const stream = client.query(from(statement))
await pipeline(process.stdin, stream)
process.stdout.write(`COPY ${stream.rowCount}\n`)
await client.end()
