import { z } from 'zod'
import { definitionKey } from '../../../activities/bucket-layout.ts'
import { fetchKeyOf } from '../../../activities/fetch-key.ts'
import type { Interval, SourceDefinition } from '../../../activities/index.ts'
import { readPinnedRun } from '../../../activities/pinned-run.ts'
import { PipelineError } from '../../../activities/pipeline-error.ts'
import type { DatasetFolder } from '../../../activities/retention/dataset-folders.ts'
import type { PinnedRun } from '../../../activities/run-reference.ts'
import { sealedObjectProblem, type SealedObject } from '../../../activities/sealed-object.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import type { DatasetDamage } from './verify-dataset.ts'

/** What the run was told to do: readable, as it is written, and of the source that its landing is named for. */
export async function checkDefinition(
  store: ObjectStore,
  folder: DatasetFolder,
  damage: DatasetDamage[],
  signal: AbortSignal,
): Promise<PinnedRun | undefined> {
  const key = definitionKey(folder)
  if (!folder.hasDefinition) {
    damage.push({ key, problem: 'is not in the store' })
    return undefined
  }
  try {
    const pinned = await readPinnedRun(store, folder, { signal })
    const text = Buffer.from(await store.get(key, { signal })).toString('utf8')
    const written: unknown = JSON.parse(text)
    if (text !== `${JSON.stringify(written, null, 2)}\n`) {
      damage.push({ key, problem: 'is not written as definitions are' })
    } else if (pinned.definition.name !== folder.pipeline) {
      damage.push({ key, problem: 'names another pipeline' })
    } else if (!(await isOfItsLanding(pinned, folder, written))) {
      damage.push({ key, problem: 'has another source or interval than its landing is of' })
    }
    return pinned
  } catch (error) {
    if (!(error instanceof PipelineError) || error.code !== 'OBJECT_UNREADABLE') throw error
    damage.push({ key, problem: 'is not the definition that was written' })
    return undefined
  }
}

/** How it differs from what was sealed; undefined where it does not. */
export async function sealedDefinitionProblem(
  store: ObjectStore,
  folder: DatasetFolder,
  sealed: SealedObject | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  // A manifest of an earlier version keeps no digest of it.
  if (sealed === undefined) return undefined
  const problem = await sealedObjectProblem(
    sealed,
    await store.get(definitionKey(folder), { signal }),
  )
  return problem && `${problem}: it or the manifest was changed`
}

/** As it was written: the name of a landing depends on the order of what the source says. */
const writtenRun = z.object({
  definition: z.object({ source: z.custom<SourceDefinition>() }),
  interval: z.custom<Interval>(),
})

async function isOfItsLanding(
  { landing, fromLandingOf, reprocessing, highWaterMark }: PinnedRun,
  { partition }: DatasetFolder,
  written: unknown,
): Promise<boolean> {
  // A dataset that is made again may be of another definition of the source by then.
  const isMadeAgain = fromLandingOf !== undefined || reprocessing !== undefined
  if (landing === undefined || isMadeAgain) return true
  const { definition, interval } = writtenRun.parse(written)
  const slice = { partition, interval, highWaterMark }
  return (await fetchKeyOf(definition.source, slice)) === landing.fetchKey
}
