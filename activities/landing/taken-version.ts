import type { z } from 'zod'
import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import { takenVersionKey, type DatasetPlace } from '../bucket-layout.ts'
import { findJson, putJson } from '../json-object.ts'
import { itemVersion } from './landed-item.ts'

/** What a run has read of an item, where that is not what its list says. */
export interface TakenVersion extends z.infer<typeof itemVersion> {
  /** The item's position in the list. */
  readonly item: number
}

/** Keeps it for those who make the dataset again, or ask what its rows were made of. */
export async function putTakenVersion(
  store: ObjectStore,
  run: DatasetPlace,
  { item, place, version }: TakenVersion,
  options: CallOptions,
): Promise<void> {
  await putJson(store, takenVersionKey(run, item), { place, version }, options)
}

/** The version of an item that a run has read; undefined where it is the listed one, or none was read. */
export async function findTakenVersion(
  store: ObjectStore,
  run: DatasetPlace,
  item: number,
  options: CallOptions,
): Promise<string | undefined> {
  return (await findJson(store, takenVersionKey(run, item), itemVersion, options))?.version
}
