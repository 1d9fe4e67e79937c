import { z } from 'zod'
import type { CallOptions, ObjectStore } from '../../codec/index.ts'
import { notedFieldsKey, notedFieldsPrefix, type DatasetPlace } from '../bucket-layout.ts'
import { getJson, putJson } from '../json-object.ts'
import type { ColumnType } from '../pipeline-definition.ts'
import { joinTypes } from './join-types.ts'

/** A field of records that has no column, or one that does not take all of its values. */
export interface NotedField {
  /** What it is called at the source. */
  readonly from: string
  /** What its values need. */
  readonly type: ColumnType
}

/** The types that fields need which nobody has declared. */
const neededType: z.ZodType<ColumnType> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['bigint', 'boolean', 'date', 'timestamp', 'timestamptz', 'jsonb', 'text']),
  }),
  z.object({ kind: z.literal('numeric'), precision: z.number(), scale: z.number() }),
])

const notedFields: z.ZodType<{ readonly fields: readonly NotedField[] }> = z.object({
  fields: z.array(z.object({ from: z.string(), type: neededType })),
})

/** Keeps what a batch has brought beside its dataset; a retry writes the same. */
export function putNotedFields(
  store: ObjectStore,
  { run, partNumber }: { readonly run: DatasetPlace; readonly partNumber: number },
  fields: readonly NotedField[],
  options: CallOptions,
): Promise<{ sizeBytes: number }> {
  return putJson(store, notedFieldsKey(run, partNumber), { fields }, options)
}

/** What all batches of a dataset have brought, each field once, with a type for all of its values. */
export async function readNotedFields(
  store: ObjectStore,
  run: DatasetPlace,
  options: CallOptions,
): Promise<readonly NotedField[]> {
  const types = new Map<string, ColumnType>()
  for await (const { key } of store.list(notedFieldsPrefix(run), options)) {
    const { fields } = await getJson(store, key, notedFields, options)
    for (const { from, type } of fields) types.set(from, joinTypes(types.get(from) ?? type, type))
  }
  return [...types].map(([from, type]) => ({ from, type }))
}
