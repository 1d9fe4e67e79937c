import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { listPipelines } from '../../src/pipeline/list-pipelines.ts'
import { loadFailure } from '../../src/client/load-failure.ts'
import { planDownstream } from '../../src/client/plan-downstream.ts'
import { startGraph, type GraphHandle } from '../../src/client/start-graph.ts'
import type { GraphProgress } from '../../workflows/index.ts'
import { eventually } from '../support/eventually.ts'
import { openLoadBed, type LoadBed } from '../support/load-bed.ts'
import { tableOf, uniqueName, writePipeline } from '../support/pipeline-fixture.ts'
import { randomSeed } from '../support/random-seed.ts'
import { randomNumbers } from './support/random-numbers.ts'

const partition = '2001-01-01'
const pipelineCount = 30
const loadsBeforeTheKill = 4
/** Thirty pipelines are started at once, beside other tests. */
const patienceMs = 240_000

type Outcome = 'loaded' | 'failed' | 'skipped'

interface Planned {
  readonly name: string
  readonly after: readonly { readonly pipeline: string; readonly on_failure: string }[]
  /** Whether its file can be loaded. */
  readonly isGood: boolean
  readonly outcome: Outcome
}

/** The first of the graphs that are drawn in which enough pipelines load, and some do not. */
function planGraph(word: string, seed: number): Planned[] {
  const random = randomNumbers(seed)
  for (;;) {
    const planned = drawGraph(word, random)
    const count = (wanted: Outcome) => planned.filter(({ outcome }) => outcome === wanted).length
    if (count('loaded') >= loadsBeforeTheKill * 2 && count('failed') > 0 && count('skipped') > 0) {
      return planned
    }
  }
}

/** Pipelines with diamonds among them; each comes after up to three earlier ones. */
function drawGraph(word: string, random: () => number): Planned[] {
  const below = (count: number): number => Math.floor(random() * count)
  const planned: Planned[] = []
  for (let index = 0; index < pipelineCount; index += 1) {
    const upstreams = new Set(
      Array.from({ length: index < 3 ? 0 : 1 + below(3) }, () => planned[below(index)]),
    )
    const edges = [...upstreams].flatMap((upstream) => (upstream === undefined ? [] : [upstream]))
    const rules = edges.map(({ outcome }) =>
      // To wait for one that fails would take for ever.
      outcome === 'loaded' ? below(3) : 1 + below(2),
    )
    const isGood = random() > 0.12
    const bad = rules.filter((_, edge) => edges[edge]?.outcome !== 'loaded')
    const outcome = bad.includes(1)
      ? 'failed'
      : bad.includes(2)
        ? 'skipped'
        : isGood
          ? 'loaded'
          : 'failed'
    planned.push({
      name: `${word}-${String(index).padStart(2, '0')}`,
      after: edges.map(({ name }, edge) => ({
        pipeline: name,
        on_failure: ['wait', 'fail', 'skip'][rules[edge] ?? 0] ?? 'wait',
      })),
      isGood,
      outcome,
    })
  }
  return planned
}

describe('a graph of pipelines', { timeout: 600_000 }, () => {
  const word = uniqueName('g')
  const planned = planGraph(word, randomSeed)
  let bed: LoadBed
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'claimcheck-test-graph-'))
    bed = await openLoadBed()
  })
  after(async () => {
    await bed?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const writeSource = (name: string, isGood: boolean) =>
    writeFile(join(folder, `${name}.ndjson`), isGood ? '{"id": 1}\n{"id": 2}\n' : '{"id": "one"}\n')

  async function start(): Promise<GraphHandle> {
    const listed = await listPipelines([bed.pipelines])
    const definitions = listed.flatMap((file) =>
      file.kind === 'valid' ? [file.definition] : assert.fail(file.error),
    )
    return startGraph(bed.client, {
      name: word,
      definitions,
      downstream: definitions.filter(({ name }) =>
        definitions.some((other) =>
          planDownstream(other.name, listed).some((dependant) => dependant.name === name),
        ),
      ),
      partition,
      requestedAt: new Date(),
      taskQueue: bed.environment['CLAIMCHECK_TASK_QUEUE'] ?? '',
    })
  }

  const published = () =>
    bed.database.query<{ readonly pipeline: string; readonly published_at: Date }>(
      'SELECT pipeline, published_at FROM claimcheck.loads',
    )

  const outcomes = async () => {
    const { loads } = await bed.client.workflow
      .getHandle(`graph/${word}/${partition}`)
      .query<GraphProgress>('progress')
    return loads
  }

  it(`loads each once and none early, by its rules, though a worker dies (seed ${randomSeed})`, async () => {
    for (const { name, after: upstreams, isGood } of planned) {
      await writeSource(name, isGood)
      await writePipeline(bed.pipelines, name, {
        name,
        source: { kind: 'file', path: `${folder}/${name}.ndjson`, format: 'ndjson' },
        columns: { id: { type: 'integer', key: true } },
        limits: { attempts: 3 },
        target: { kind: 'postgres', table: tableOf(name), mode: 'merge' },
        ...(upstreams.length > 0 ? { after: upstreams } : {}),
      })
    }
    const sources = { CLAIMCHECK_SOURCE_DIRECTORIES: folder }
    const doomed = await bed.startWorker(sources)
    const graph = await start()
    assert.equal((await start()).joined, true)
    await eventually(
      'some loads',
      async () =>
        (await published().catch(() => [])).length >= loadsBeforeTheKill ? true : undefined,
      patienceMs,
    )
    await doomed.kill()
    await bed.startWorker(sources)

    const failed = planned.filter(({ outcome }) => outcome === 'failed')
    const ended = graph.result().then(
      ({ loads }) => loads,
      async (error: unknown) => {
        const { code, message } = loadFailure(error, graph.workflowId)
        assert.equal(code, 'GRAPH_FAILED', message)
        assert.match(
          message,
          new RegExp(`^${failed.length} of ${pipelineCount} pipelines failed: `),
        )
        return outcomes()
      },
    )
    const expected = Object.fromEntries(planned.map(({ name, outcome }) => [name, outcome]))
    assert.deepEqual(await ended, expected)
    await assertOrder()

    // The graph is started again when what failed is put right: what is loaded stays as it is.
    for (const { name } of planned) await writeSource(name, true)
    const { loaded, skipped } = await (await start()).result()
    assert.deepEqual([loaded, skipped], [pipelineCount, 0])
    await assertOrder()
    assert.equal((await published()).length, pipelineCount)

    const all = ['run', '--all', '--partition', partition, '--wait', '--json']
    const { exitCode, stdout } = await bed.cli(all)
    const lines = stdout.trim().split('\n')
    const [started, end] = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    assert.deepEqual([exitCode, started?.['workflowId']], [0, `graph/all/${partition}`])
    assert.deepEqual([end?.['type'], end?.['loaded']], ['graph', pipelineCount])
    assert.equal((await published()).length, pipelineCount)
    for (const wrong of [[], ['--all', 'x'], ['--all', '--after']]) {
      const refused = await bed.cli(['run', ...wrong, '--partition', partition])
      assert.deepEqual([refused.exitCode, refused.stdout], [2, ''])
    }
  })

  /** None is there twice, and none had begun before those it comes after were published. */
  async function assertOrder(): Promise<void> {
    const loads = new Map((await published()).map((load) => [load.pipeline, load.published_at]))
    assert.equal(loads.size, (await published()).length)
    const runs = await bed.database.query<{ readonly pipeline: string; readonly began_at: Date }>(
      `SELECT pipeline, began_at FROM claimcheck.runs WHERE state = 'published'`,
    )
    assert.equal(runs.length, loads.size)
    for (const { pipeline, began_at: beganAt } of runs) {
      const { after: upstreams = [] } = planned.find(({ name }) => name === pipeline) ?? {}
      for (const upstream of upstreams) {
        const earlier = loads.get(upstream.pipeline)
        assert.ok(earlier !== undefined && earlier <= beganAt, `${pipeline} was early`)
      }
    }
  }
})
