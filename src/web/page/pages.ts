import { partitionPage } from './partition-page.ts'
import { pipelineDatasetsPage } from './pipeline-datasets-page.ts'
import { blobsPage } from './blobs-page.ts'
import { garbagePage } from './garbage-page.ts'
import { healthPage } from './health-page.ts'
import { objectPage } from './object-page.ts'
import { overviewPage } from './overview-page.ts'
import type { Page } from './page.ts'
import { pipelinesPage } from './pipelines-page.ts'
import { runPage } from './run-page.ts'
import { runsPage } from './runs-page.ts'

/** Every page, in the order that paths are looked for. */
export const PAGES: readonly Page[] = [
  overviewPage,
  runsPage,
  runPage,
  pipelinesPage,
  pipelineDatasetsPage,
  partitionPage,
  blobsPage,
  objectPage,
  garbagePage,
  healthPage,
]
