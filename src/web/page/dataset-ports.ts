import type { DatasetLoads } from '../../../activities/retention/dataset-use.ts'
import type { ObjectStore } from '../../../codec/index.ts'
import { CatalogError } from '../../targets/postgres/catalog-error.ts'
import type { PageServices } from './page-services.ts'

/** Of a server that knows no database: what datasets were loaded into is unknown. */
const noLoads: DatasetLoads = {
  async findLoads() {
    throw new CatalogError('CATALOG_NOT_FOUND', 'the server knows no database', {
      remedy: 'Set CLAIMCHECK_DATABASE_URL where `claimcheck web` runs.',
    })
  },
}

/** What datasets are looked up with. */
export function datasetPorts({ store, database }: PageServices): {
  readonly store: ObjectStore
  readonly loads: DatasetLoads
} {
  return { store, loads: database?.loads ?? noLoads }
}
