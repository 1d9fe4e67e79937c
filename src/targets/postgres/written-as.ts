/** How PostgreSQL is to write values that become text: as the texts that a load takes them from. */
export const WRITTEN_AS = `SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL extra_float_digits = 1`
