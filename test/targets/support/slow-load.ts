import type { LoadTarget } from '../../../activities/load-target.ts'
import { flights, sampleLoad, type SampleLoad } from './sample-load.ts'
import type { TestDatabase } from './test-database.ts'

/** What makes tables whose inserts take as long as a row in `slow` says. */
export async function prepareSlowLoads(database: TestDatabase): Promise<void> {
  await database.query(`
    CREATE TABLE slow (seconds integer);
    CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(seconds) FROM slow; RETURN NEW; END $$`)
}

/** A staged load into a table where one insert takes so long, until nothing stands in `slow`. */
export async function slowLoad(
  database: TestDatabase,
  target: LoadTarget,
  { table, seconds }: { readonly table: string; readonly seconds: number },
): Promise<SampleLoad> {
  const load = sampleLoad(table, [flights(1, 100)])
  await database.query(`
    CREATE TABLE ${table} (id bigint PRIMARY KEY, carrier text, delay integer);
    CREATE TRIGGER dawdle BEFORE INSERT ON ${table} FOR EACH ROW WHEN (NEW.id = 50) EXECUTE FUNCTION dawdle();
    DELETE FROM slow; INSERT INTO slow VALUES (${seconds})`)
  await target.check(load.request)
  await load.stage(target)
  return load
}
