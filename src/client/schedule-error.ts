import { CodedError } from '../../codec/coded-error.ts'

export type ScheduleErrorCode =
  | 'AFTER_CYCLE'
  | 'SCHEDULE_NOT_FOUND'
  | 'SCHEDULE_TOO_LARGE'
  | 'SCHEDULE_UNREADABLE'

/** What can go wrong between pipeline files and the schedules that are applied of them. */
export class ScheduleError extends CodedError<ScheduleErrorCode> {}
