import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'

interface ListedCommand {
  readonly name: string
  readonly description: string
  /** Adds it with its arguments, options and subcommands. */
  readonly add: (program: Command) => Promise<void>
}

/**
 * Every command, in the order of `--help`. What it does is told here, and its options by its module:
 * so `--help` loads none of them, and a command only its own.
 */
const commands: readonly ListedCommand[] = [
  {
    name: 'up',
    description: 'start Temporal, an S3 store and PostgreSQL on this machine',
    add: async (program) => (await import('./up-command.ts')).addUpCommand(program),
  },
  {
    name: 'down',
    description: 'stop the servers that run here; their data stays',
    add: async (program) => (await import('./down-command.ts')).addDownCommand(program),
  },
  {
    name: 'run',
    description: 'load one partition of a pipeline, or of all',
    add: async (program) => (await import('./run-command.ts')).addRunCommand(program),
  },
  {
    name: 'backfill',
    description: 'load the partitions of a time that are not loaded',
    add: async (program) => (await import('./backfill-command.ts')).addBackfillCommand(program),
  },
  {
    name: 'reprocess',
    description: 'load one partition again from its landing or parts, without asking the source',
    add: async (program) => (await import('./reprocess-command.ts')).addReprocessCommand(program),
  },
  {
    name: 'runs',
    description: 'list, show, pause, resume and cancel runs',
    add: async (program) => (await import('./runs-command.ts')).addRunsCommand(program),
  },
  {
    name: 'schedule',
    description: 'apply, list and steer the schedules of pipelines',
    add: async (program) => (await import('./schedule-command.ts')).addScheduleCommand(program),
  },
  {
    name: 'lineage',
    description: 'from rows of a table to the blobs that they were loaded from, and back',
    add: async (program) => (await import('./lineage-command.ts')).addLineageCommand(program),
  },
  {
    name: 'pipelines',
    description: 'list, check, show and draft pipeline files',
    add: async (program) => (await import('./pipelines-command.ts')).addPipelinesCommand(program),
  },
  {
    name: 'loads',
    description: 'list, show and verify what was loaded into tables',
    add: async (program) => (await import('./loads-command.ts')).addLoadsCommand(program),
  },
  {
    name: 'datasets',
    description: 'list, show, verify and remove what runs have made',
    add: async (program) => (await import('./datasets-command.ts')).addDatasetsCommand(program),
  },
  {
    name: 'blobs',
    description: 'list, show, print and verify what lies in the bucket',
    add: async (program) => (await import('./blobs-command.ts')).addBlobsCommand(program),
  },
  {
    name: 'decode',
    description: 'print the values of claims, payloads or a history in JSON from standard input',
    add: async (program) => (await import('./decode-command.ts')).addDecodeCommand(program),
  },
  {
    name: 'gc',
    description: 'say what nothing needs any more, and delete it',
    add: async (program) => (await import('./gc-command.ts')).addGcCommand(program),
  },
  {
    name: 'retention',
    description: 'let workers look for garbage, each night if wanted, and approve what they plan',
    add: async (program) => (await import('./retention-command.ts')).addRetentionCommand(program),
  },
  {
    name: 'worker',
    description: 'do the work of runs: poll the queues until Ctrl-C; a second one ends at once',
    add: async (program) => (await import('./worker-command.ts')).addWorkerCommand(program),
  },
  {
    name: 'web',
    description:
      'serve pages, the HTTP API, metrics, and payloads to the Temporal UI and CLI, until Ctrl-C',
    add: async (program) => (await import('./web-command.ts')).addWebCommand(program),
  },
  {
    name: 'doctor',
    description: 'check every part that a run needs',
    add: async (program) => (await import('./doctor-command.ts')).addDoctorCommand(program),
  },
  {
    name: 'quickstart',
    description: 'start everything, load sample data, say what happened, stop everything',
    add: async (program) => (await import('./quickstart-command.ts')).addQuickstartCommand(program),
  },
]

/**
 * The command line: every command, with the options and subcommands of those that are among the words.
 *
 * @param words What was typed. @default every command's name
 */
export async function createProgram(
  words: readonly string[] = commands.map(({ name }) => name),
): Promise<Command> {
  const program = new Command('claimcheck')
    .description(
      'Bulk loads on Temporal: history carries claims, S3 keeps the data, PostgreSQL gets the rows.',
    )
    .exitOverride()
    .showHelpAfterError('Run `claimcheck --help` to see what there is.')
  for (const { name, description, add } of commands) {
    if (words.includes(name)) await add(program)
    else program.command(name)
    const command = program.commands.find((one) => one.name() === name)
    command?.description(description)
    if (command !== undefined) hintAtHelp(command, ['claimcheck'])
  }
  return program
}

/** Whoever writes a word wrong is told where the words of that very command stand. */
function hintAtHelp(command: CommandUnknownOpts, words: readonly string[]): void {
  const path = [...words, command.name()]
  command.showHelpAfterError(`Run \`${path.join(' ')} --help\` to see what it takes.`)
  for (const each of command.commands) hintAtHelp(each, path)
}
