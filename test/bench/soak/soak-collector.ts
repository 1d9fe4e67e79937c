/** Collects garbage again and again, as a process. */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, Connection } from '@temporalio/client'
import { attend } from './attend.ts'
import { collectGarbage } from './collect-garbage.ts'
import type { Collected } from './soak-counts.ts'
import { openSoakCodec } from './open-soak-codec.ts'
import { readSoakSettings } from './soak-settings.ts'

const pauseMs = 1_000

const settings = readSoakSettings()
const { signal, tell } = attend()
const { store, clock } = openSoakCodec(settings)
const { address, namespace } = settings.temporal
const connection = await Connection.connect({ address })
const client = new Client({ connection, namespace })
const report = (collected: Collected): void => tell(collected)
tell('ready')
while (!signal.aborted) {
  // Not under the signal: a sweep that has begun comes to its end.
  const request = { id: randomUUID(), now: clock.now(), signal: new AbortController().signal }
  try {
    const { deleted, kept, gone } = await collectGarbage(
      { ...settings, client, store, clock },
      request,
    )
    report({ deleted, kept, gone })
  } catch (error) {
    report({ refused: error instanceof Error ? error.message : String(error) })
  }
  await delay(pauseMs)
}
process.exit(0)
