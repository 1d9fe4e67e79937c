import { html } from 'hono/html'
import type { ListedDataset } from '../../inspect/datasets/list-datasets.ts'
import type { Html } from './page.ts'
import { partitionPath } from './partition-strip.ts'
import { shownState, shownTable, shownTime } from './shown.ts'

/** Datasets of the store, as they are listed. */
export function datasetsTable(datasets: readonly ListedDataset[], nothing: string): Html {
  return shownTable({
    caption: 'Datasets',
    header: [
      'Dataset',
      'Partition',
      'State',
      'Rows',
      'Rejected',
      'Parts',
      'Size',
      'Made',
      'Loaded into',
    ],
    rows: datasets.map((dataset) => {
      const { datasetId, pipeline, partition, loads } = dataset
      const path = partitionPath(pipeline, partition)
      return [
        html`<a class="mono" href="${path}?dataset=${datasetId}">${datasetId.slice(0, 8)}</a>`,
        html`<a href="${path}">${partition}</a>`,
        shownState(dataset.state),
        dataset.rows ?? '',
        dataset.rejects ?? '',
        dataset.parts,
        { bytes: dataset.sizeBytes },
        shownTime(dataset.createdAt),
        loads === 'unknown' ? 'unknown' : loads.map(({ target }) => target).join(', '),
      ]
    }),
    nothing: nothing,
  })
}
