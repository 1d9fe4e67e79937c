/**
 * How loads of many items scale: a folder of small files, each an item, beside the least that can be done
 * with them; a slow source with one worker and with four; how long histories get.
 *
 *   npm run bench:scale -- [--items N] [--item-rows N] [--floor-items N] [--slow-items N] [--latency SECONDS]
 *       [--case items|workers|histories] [--json]
 *
 * Fails when a table is not what the source holds or a history is 1 MB or longer, never for slowness.
 */
import { parseArgs } from 'node:util'
import { printFigures, say } from './report.ts'
import { openScaleBed } from './scale-bed.ts'
import { measureHistories } from './scale-histories.ts'
import { measureItems } from './scale-items.ts'
import { measureWorkers } from './scale-workers.ts'

const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '10000' },
    'item-rows': { type: 'string', default: '1000' },
    'floor-items': { type: 'string', default: '500' },
    'slow-items': { type: 'string', default: '128' },
    latency: { type: 'string', default: '2' },
    case: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const isWanted = (name: string): boolean => (values.case ?? name) === name
const bed = await openScaleBed(say)
const figures: Record<string, unknown> = {}
let correct = true
try {
  if (isWanted('workers')) {
    const workers = await measureWorkers(bed, Number(values['slow-items']), Number(values.latency))
    correct &&= workers.correct
    figures['workers'] = workers
    say(JSON.stringify(workers))
  }
  if (isWanted('histories')) {
    figures['histories'] = await measureHistories(bed)
    say(JSON.stringify(figures['histories']))
  }
  if (isWanted('items')) {
    const items = await measureItems(bed, {
      items: Number(values.items),
      floorItems: Number(values['floor-items']),
      rowsPerItem: Number(values['item-rows']),
    })
    correct &&= items.correct
    figures['items'] = items
  }
} finally {
  await bed.stop()
}
printFigures({ ...figures, correct }, values.json)
process.exit(correct ? 0 : 1)
