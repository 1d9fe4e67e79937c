import type { Client } from 'pg'
import type { TestDatabase } from '../../targets/support/test-database.ts'

/** Stops transactions at a trigger, as a slow statement would, until it is opened. */
export interface PublishGate {
  /** Makes INSERTs into the table wait, at the statement or at the transaction's COMMIT. */
  installAt(table: string, moment: 'statement' | 'commit'): Promise<void>
  close(): Promise<void>
  /** Lets everyone through. */
  open(): Promise<void>
}

const key = 4711

/**
 * Who waits here does not notice that its client is gone, like a server that works on a long
 * statement, or one on a platform without `client_connection_check_interval`.
 */
export async function createPublishGate(database: TestDatabase): Promise<PublishGate> {
  await database.query(`
    CREATE FUNCTION public.pass_gate() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM set_config('client_connection_check_interval', '0', true),
              set_config('lock_timeout', '0', true);
      PERFORM pg_advisory_xact_lock_shared(${key});
      RETURN NULL;
    END $$`)
  const keeper: Client = await database.connect()
  return {
    async installAt(table, moment) {
      await database.query(
        moment === 'statement'
          ? `CREATE TRIGGER gate BEFORE INSERT ON ${table} EXECUTE FUNCTION public.pass_gate()`
          : `CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON ${table} DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION public.pass_gate()`,
      )
    },
    async close() {
      await keeper.query(`SELECT pg_advisory_lock(${key})`)
    },
    async open() {
      await keeper.query(`SELECT pg_advisory_unlock(${key})`)
    },
  }
}
