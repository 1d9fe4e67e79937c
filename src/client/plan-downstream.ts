import type { PipelineDefinition } from '../../activities/index.ts'
import { CommandError } from '../command-error.ts'
import type { ListedPipeline } from '../pipeline/list-pipelines.ts'
import { suggestion } from '../pipeline/suggestion.ts'
import { ScheduleError } from './schedule-error.ts'

type Valid = Extract<ListedPipeline, { kind: 'valid' }>

/**
 * The pipelines that come after one, and after these: all that its end leads to, nearest first. They are
 * pinned where a load is started, so that it tells the same ones however long it takes.
 *
 * A file that is broken is left out, unless one of these names it in its `after`.
 *
 * @param listed All pipeline files, as `listPipelines` finds them.
 * @throws ScheduleError AFTER_CYCLE
 * @throws CommandError PIPELINE_NOT_FOUND, PIPELINE_INVALID for an upstream that is not there or broken,
 * or whose slices never are those of the pipeline that waits for it
 */
export function planDownstream(
  pipeline: string,
  listed: readonly ListedPipeline[],
): PipelineDefinition[] {
  const files = new Map(listed.map((file) => [file.name, file]))
  const reached = new Map<string, Valid>()
  const waiting = [pipeline]
  for (const name of waiting) {
    const file = files.get(name)
    if (reached.has(name) || file?.kind !== 'valid') continue
    reached.set(name, file)
    const dependants = listed.filter((other) => upstreamsOf(other).includes(name))
    waiting.push(...dependants.map((dependant) => dependant.name))
  }
  for (const file of reached.values()) checkUpstreams(file, files)
  for (const name of reached.keys()) refuseCycle(name, files)
  return [...reached.values()]
    .filter(({ name }) => name !== pipeline)
    .map(({ definition }) => definition)
}

function upstreamsOf(file: ListedPipeline | undefined): string[] {
  if (file?.kind !== 'valid') return []
  return (file.definition.after ?? []).map((upstream) => upstream.pipeline)
}

function checkUpstreams(file: Valid, files: ReadonlyMap<string, ListedPipeline>): void {
  for (const name of upstreamsOf(file)) {
    const upstream = files.get(name)
    if (upstream === undefined) {
      throw new CommandError(
        'PIPELINE_NOT_FOUND',
        `${file.path}: after: there is no pipeline ${name}${suggestion(name, [...files.keys()])}`,
        { remedy: 'Correct `after`, or write the file of that pipeline.' },
      )
    }
    if (upstream.kind === 'invalid') throw upstream.error
    checkSlicesMeet(file, upstream)
  }
}

/** Loads wait for the same partition: its name has to be one that both come to. */
function checkSlicesMeet(file: Valid, upstream: Valid): void {
  const own = file.definition.schedule
  const other = upstream.definition.schedule
  if (own === undefined || other === undefined) return
  // Hours are UTC, whatever the clock.
  const sameClock = own.every === 'hour' || own.timezone === other.timezone
  if (own.every === other.every && sameClock) return
  const shown = ({ every, timezone }: typeof own): string => `each ${every} of ${timezone}`
  throw new CommandError(
    'PIPELINE_INVALID',
    `${file.path}: after: ${upstream.name} loads ${shown(other)} and ${file.name} ${shown(own)}, so that their partitions never meet`,
    {
      remedy: 'Give both schedules the same `every` and the same `timezone`.',
    },
  )
}

/** @throws ScheduleError AFTER_CYCLE */
function refuseCycle(start: string, files: ReadonlyMap<string, ListedPipeline>): void {
  const done = new Set<string>()
  const walk = (name: string, path: readonly string[]): void => {
    const from = path.indexOf(name)
    if (from >= 0) {
      const cycle = [...path.slice(from), name].join(' after ')
      throw new ScheduleError('AFTER_CYCLE', `pipelines wait for each other: ${cycle}`, {
        remedy: 'Take one of them out of `after`: each would wait for ever.',
        at: { pipeline: start },
      })
    }
    if (done.has(name)) return
    for (const upstream of upstreamsOf(files.get(name))) walk(upstream, [...path, name])
    done.add(name)
  }
  walk(start, [])
}
