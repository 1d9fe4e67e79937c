/** Of random tests; a run that failed tells it, and `CLAIMCHECK_TEST_SEED` repeats that run. */
export const randomSeed = Number(
  process.env['CLAIMCHECK_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31),
)
