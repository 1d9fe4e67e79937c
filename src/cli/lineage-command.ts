import type { Command } from '@commander-js/extra-typings'
import { createS3ObjectStore } from '../../codec/index.ts'
import { readSettings } from '../config/read-settings.ts'
import { traceBlob } from '../inspect/trace-blob.ts'
import { traceRows, type LineagePlace } from '../inspect/trace-rows.ts'
import { loadPipeline } from '../pipeline/load-pipeline.ts'
import { findLoadByPrefix } from '../targets/postgres/list-loads.ts'
import { askCatalog } from '../targets/postgres/open-catalog.ts'
import { openSessions } from '../targets/postgres/sessions.ts'
import { printTracedBlob, printTracedRows } from './print-lineage.ts'
import { searchedDirectories } from './searched-directories.ts'
import { findServers } from './session.ts'

/** `claimcheck lineage`: from rows of a table to the blobs that they came from, and back. */
export function addLineageCommand(program: Command): void {
  program
    .command('lineage')
    .argument('<pipeline>', 'the name of a pipeline file with `lineage: true`')
    .option(
      '--where <column=value>',
      'the rows with that value; may be given several times, and all hold',
      (text, before: readonly string[] | undefined) => [...(before ?? []), text],
    )
    .option('--blob <name>', 'the rows of a part: its key, DATASET/PART, or DATASET for all parts')
    .option('--json', 'print JSON lines')
    .action(async (name, { where = [], blob, json = false }, command) => {
      if ((where.length === 0) === (blob === undefined)) {
        command.error('error: give either --where or --blob')
      }
      if (where.some((text) => !text.includes('='))) {
        command.error('error: --where is column=value')
      }
      const settings = readSettings(process.env)
      const definition = await loadPipeline(name, searchedDirectories(settings))
      const { store: storeAddress, database } = findServers(settings)
      const store = createS3ObjectStore(storeAddress)
      const sessions = openSessions({
        url: database.url,
        maxConnections: 1,
        connectTimeoutMs: 10_000,
      })
      const { signal } = new AbortController()
      const place: LineagePlace = { sessions, store, definition, signal }
      try {
        if (blob === undefined) printTracedRows(await traceRows(place, where), json)
        else printTracedBlob(await traceBlob(place, await wholeName(place, blob)), json)
      } finally {
        await sessions.close()
        store.close()
      }
    })
}

/** With the whole id of the dataset, where a person wrote how it begins. */
async function wholeName({ sessions, signal }: LineagePlace, blob: string): Promise<string> {
  const [, prefix, part = ''] = /^([0-9a-f][0-9a-f-]{3,34})(\/\d+)?$/i.exec(blob) ?? []
  if (prefix === undefined) return blob
  const load = await askCatalog(sessions, signal, (asked) => findLoadByPrefix(asked, prefix))
  return `${load.datasetId}${part}`
}
