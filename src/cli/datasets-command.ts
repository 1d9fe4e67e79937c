import type { Command } from '@commander-js/extra-typings'
import { addHeadDatasetCommand } from './datasets-head-command.ts'
import { addListDatasetsCommand } from './datasets-ls-command.ts'
import { addRemoveDatasetCommand } from './datasets-rm-command.ts'
import { addShowDatasetCommand } from './datasets-show-command.ts'
import { addVerifyDatasetsCommand } from './datasets-verify-command.ts'

/** `claimcheck datasets …`: what runs have made, what is in it, and whether it is whole. */
export function addDatasetsCommand(program: Command): void {
  const datasets = program.command('datasets')
  addListDatasetsCommand(datasets)
  addShowDatasetCommand(datasets)
  addHeadDatasetCommand(datasets)
  addVerifyDatasetsCommand(datasets)
  addRemoveDatasetCommand(datasets)
}
