import {
  listDatasetFolders,
  type DatasetFolder,
} from '../../../activities/retention/dataset-folders.ts'
import type { CallOptions, ObjectStore } from '../../../codec/index.ts'
import { CommandError } from '../../command-error.ts'

/**
 * The one dataset of the store whose id begins like this, sealed or not.
 *
 * @param prefix hexadecimal digits, with dashes or without
 * @throws CommandError DATASET_NOT_FOUND, DATASET_AMBIGUOUS
 */
export async function findDataset(
  store: ObjectStore,
  prefix: string,
  options: CallOptions = {},
): Promise<DatasetFolder> {
  const wanted = prefix.replaceAll('-', '').toLowerCase()
  const folders = await listDatasetFolders(store, {}, options)
  const found = folders.filter(({ datasetId }) => datasetId.replaceAll('-', '').startsWith(wanted))
  const [only, another] = found
  const at = { bucket: store.bucket, dataset: prefix }
  if (only === undefined) {
    throw new CommandError(
      'DATASET_NOT_FOUND',
      'no dataset of the store has an id that begins so',
      {
        at,
        remedy: '`claimcheck datasets ls` lists what is there.',
      },
    )
  }
  if (another !== undefined) {
    throw new CommandError('DATASET_AMBIGUOUS', 'several datasets have ids that begin so', {
      at,
      remedy: 'Give more of its digits; `claimcheck datasets ls --json` has them all.',
    })
  }
  return only
}
