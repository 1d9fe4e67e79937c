import type { ConnectionLike } from '@temporalio/client'
import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common'
import { grpcCode } from './grpc-code.ts'

/** What every run can be found by, in the Temporal UI and its command line too. */
export const SEARCH_ATTRIBUTES = {
  pipeline: defineSearchAttributeKey('ClaimcheckPipeline', 'KEYWORD'),
  partition: defineSearchAttributeKey('ClaimcheckPartition', 'KEYWORD'),
} as const

/** What a run is about; one of many pipelines, or of no time slice, leaves that out. */
export interface RunSubject {
  readonly pipeline?: string | undefined
  readonly partition?: string | undefined
}

/** The values of the search attributes of a run. */
export function searchAttributesOf({ pipeline, partition }: RunSubject): SearchAttributePair[] {
  const { pipeline: pipelineKey, partition: partitionKey } = SEARCH_ATTRIBUTES
  return [
    ...(pipeline === undefined ? [] : [{ key: pipelineKey, value: pipeline }]),
    ...(partition === undefined ? [] : [{ key: partitionKey, value: partition }]),
  ]
}

/** A client of any kind. */
export interface Asked {
  readonly connection: ConnectionLike
  readonly options: { readonly namespace: string }
}

/** How long it holds that the attributes are not there: people may add them while a worker runs. */
const unknownForMs = 60_000

/** By namespace: when it was learned that the attributes are there, or that they are not. */
type Learned = Map<string, { readonly areThere: boolean; readonly atMs: number }>

const learned = new WeakMap<ConnectionLike, Learned>()

/** The code of gRPC. */
const invalidArgument = 3

/**
 * Starts something with the search attributes of its subject, or without where the namespace does not
 * have them: a run that cannot be found by them is better than none.
 *
 * No right to the operator's service is needed, which Temporal Cloud does not give.
 */
export async function startWithAttributes<Started>(
  client: Asked,
  subject: RunSubject,
  start: (typedSearchAttributes: SearchAttributePair[]) => Promise<Started>,
): Promise<Started> {
  if (remembered(client) === false) return start([])
  try {
    return await start(searchAttributesOf(subject))
  } catch (error) {
    if (grpcCode(error) !== invalidArgument || (await askForAttributes(client))) throw error
    return start([])
  }
}

/** Whether the namespace has the search attributes, as keywords. */
export async function hasSearchAttributes(client: Asked): Promise<boolean> {
  return remembered(client) ?? askForAttributes(client)
}

/** Asks Temporal to search by them, which everybody may who may list runs. */
async function askForAttributes(client: Asked): Promise<boolean> {
  const { connection } = client
  const { namespace } = client.options
  const areThere = await canSearch(client)
  const namespaces: Learned = learned.get(connection) ?? new Map()
  learned.set(connection, namespaces.set(namespace, { areThere, atMs: Date.now() }))
  return areThere
}

async function canSearch({ connection, options: { namespace } }: Asked): Promise<boolean> {
  const conditions = Object.values(SEARCH_ATTRIBUTES).map(
    ({ name }) => `${name} STARTS_WITH 'none of ours'`,
  )
  try {
    const query = conditions.join(' AND ')
    await connection.workflowService.countWorkflowExecutions({ namespace, query })
    return true
  } catch (error) {
    if (grpcCode(error) === invalidArgument) return false
    throw error
  }
}

/** What was learned before, as long as it holds. */
function remembered({ connection, options: { namespace } }: Asked): boolean | undefined {
  const { areThere, atMs = 0 } = learned.get(connection)?.get(namespace) ?? {}
  return areThere === true || Date.now() - atMs < unknownForMs ? areThere : undefined
}

/** What a person runs to add the attributes to a namespace. */
export function createAttributesCommand(namespace: string): string {
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => `--name ${name}`)
  return `temporal operator search-attribute create --namespace ${namespace} ${names.join(' ')} --type Keyword`
}
