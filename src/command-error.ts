import { CodedError } from '../codec/coded-error.ts'

export type CommandErrorCode =
  | 'PIPELINE_NOT_FOUND'
  | 'PIPELINE_INVALID'
  | 'PARTITION_INVALID'
  | 'BACKFILL_INVALID'
  | 'DATASET_NOT_FOUND'
  | 'DATASET_AMBIGUOUS'
  | 'DATASET_NEEDED'
  | 'TARGET_INVALID'
  | 'RECORDS_MISSING'
  | 'SETTING_INVALID'
  | 'TEMPORAL_UNREACHABLE'
  | 'SERVERS_UNREACHABLE'
  | 'RUN_FAILED'
  | 'COMPANION_FAILED'
  | 'NODE_TOO_OLD'
  | 'WORKER_MISSING'
  | 'CHECK_FAILED'

/** What can go wrong between what a person asks for and the run that answers. */
export class CommandError extends CodedError<CommandErrorCode> {}
