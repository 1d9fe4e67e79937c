import { CommandError } from '../command-error.ts'

/** `problem` names the variable and never its value. */
export function settingInvalid(problem: string, cause?: unknown): CommandError {
  return new CommandError('SETTING_INVALID', problem, {
    remedy: 'Correct or unset the variable; docs/configuration.md describes each.',
    ...(cause === undefined ? {} : { cause }),
  })
}
