import type { Client } from '@temporalio/client'
import type { temporal } from '@temporalio/proto'
import { digestOf } from './answer-once.ts'
import { RunError } from './run-error.ts'
import { RUN_STATES, RUN_TYPES, runState, type RunState } from './run-types.ts'
import { hasSearchAttributes, searchAttributesOf, type RunSubject } from './search-attributes.ts'
import { timeOf } from './time-of.ts'

type ExecutionInfo = temporal.api.workflow.v1.IWorkflowExecutionInfo

export interface RunsRequest {
  /** Only runs of these workflow ids, or of what `subject` says. */
  readonly workflowIds?: readonly string[] | undefined
  /** Only runs whose workflow id begins in one of these ways, or of what `subject` says. */
  readonly idPrefixes?: readonly string[] | undefined
  /** Found by its search attributes, where the namespace has them. */
  readonly subject?: RunSubject | undefined
  /** @default all but what has gone on as a later run */
  readonly state?: RunState | undefined
  readonly pageSize: number
  /** What the page before named. */
  readonly pageToken?: string | undefined
}

export interface ListedRun {
  readonly workflowId: string
  /** The latest run of the chain: the list has one entry for each chain. */
  readonly latestRunId: string
  readonly type: string
  readonly state: RunState
  /** RFC 3339. */
  readonly startedAt: string
  readonly closedAt?: string | undefined
  readonly historyBytes: number
  readonly historyEvents: number
}

export interface RunsPage {
  readonly runs: readonly ListedRun[]
  /** Absent on the last page. */
  readonly next?: string | undefined
}

/**
 * A page of runs, the latest first, as Temporal's visibility knows them: some moments late.
 *
 * @throws RunError PAGE_TOKEN_INVALID
 */
export async function listRuns(client: Client, request: RunsRequest): Promise<RunsPage> {
  const { pageSize, pageToken } = request
  const isSearchable = request.subject !== undefined && (await hasSearchAttributes(client))
  const query = visibilityQuery(request, isSearchable)
  const { executions, nextPageToken } = await client.workflowService.listWorkflowExecutions({
    namespace: client.options.namespace,
    query,
    pageSize,
    nextPageToken: pageToken === undefined ? null : openToken(pageToken, query),
  })
  const next = Buffer.from(nextPageToken ?? [])
  return {
    runs: (executions ?? []).map(listedRun),
    next: next.length === 0 ? undefined : sealToken(next, query),
  }
}

/** Temporal's own token, bound to the query: another one would be answered with anything, or with delay. */
function sealToken(token: Buffer, query: string): string {
  return Buffer.concat([checkOf(token, query), token]).toString('base64url')
}

function openToken(text: string, query: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  const token = bytes.subarray(checkBytes)
  if (token.length > 0 && checkOf(token, query).equals(bytes.subarray(0, checkBytes))) return token
  throw new RunError('PAGE_TOKEN_INVALID', 'The page token is none that was given here', {
    remedy: 'Take `next` of the page before as it is, with the same filters; or begin anew.',
  })
}

const checkBytes = 8

function checkOf(token: Buffer, query: string): Buffer {
  const digest = digestOf(`${query}\n${token.toString('base64')}`)
  return Buffer.from(digest, 'hex').subarray(0, checkBytes)
}

function visibilityQuery({ state, ...wanted }: RunsRequest, isSearchable: boolean): string {
  return [
    `WorkflowType IN (${RUN_TYPES.map(quoted).join(', ')})`,
    state === undefined
      ? `ExecutionStatus != '${RUN_STATES.continued}'`
      : `ExecutionStatus = '${RUN_STATES[state]}'`,
    ...whichRuns(wanted, isSearchable),
  ].join(' AND ')
}

function whichRuns(
  { workflowIds, idPrefixes, subject }: Omit<RunsRequest, 'pageSize'>,
  isSearchable: boolean,
): string[] {
  if ((workflowIds ?? idPrefixes ?? subject) === undefined) return []
  const found = isSearchable ? searchAttributesOf(subject ?? {}) : []
  const ways = [
    ...listOf('WorkflowId IN', workflowIds ?? []),
    ...(idPrefixes ?? []).map((prefix) => `WorkflowId STARTS_WITH ${quoted(prefix)}`),
    ...allOf(found.map(({ key, value }) => `${key.name} = ${quoted(String(value))}`)),
  ]
  return ways.length === 0 ? [`WorkflowId = ''`] : [`(${ways.join(' OR ')})`]
}

function listOf(name: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`${name} (${values.map(quoted).join(', ')})`]
}

function allOf(conditions: readonly string[]): string[] {
  return conditions.length === 0 ? [] : [`(${conditions.join(' AND ')})`]
}

/** Ids of ours hold no quotes; were there one, the query would be another. */
function quoted(text: string): string {
  if (/['"\\]/.test(text)) throw new RangeError('a quote in an id')
  return `'${text}'`
}

function listedRun(info: ExecutionInfo): ListedRun {
  return {
    workflowId: info.execution?.workflowId ?? '',
    latestRunId: info.execution?.runId ?? '',
    type: info.type?.name ?? '',
    state: runState(info.status),
    startedAt: timeOf(info.startTime) ?? '',
    closedAt: timeOf(info.closeTime),
    historyBytes: Number(info.historySizeBytes ?? 0),
    historyEvents: Number(info.historyLength ?? 0),
  }
}
