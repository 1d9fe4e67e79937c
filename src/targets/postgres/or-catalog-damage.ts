import { PipelineError } from '../../../activities/pipeline-error.ts'

/**
 * Runs statements about nothing but the catalog. What PostgreSQL does not find there, or finds there
 * already, somebody has changed by hand: no other attempt finds it otherwise.
 *
 * @throws PipelineError TARGET_FAILED where the catalog is not as its migrations have made it
 */
export async function orCatalogDamage<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof PipelineError) || !isDamage(String(error.at['sqlState']))) throw error
    const problem = 'The catalog is not as its migrations have made it'
    throw new PipelineError('TARGET_FAILED', `${problem}: ${error.message}`, {
      remedy:
        'Put back what is named of the schemas claimcheck and claimcheck_staging, from a backup perhaps; or drop both, with all that they know of loads, and the next load makes them anew.',
    })
  }
}

/** Class 42 and schemas that are not there, but no rights that are lacking. */
function isDamage(sqlState: string): boolean {
  return sqlState === '3F000' || (sqlState.startsWith('42') && sqlState !== '42501')
}
