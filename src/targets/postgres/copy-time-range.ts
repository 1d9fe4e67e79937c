/**
 * Where PostgreSQL's dates and timestamps begin and end, and how infinity is written, against
 * counts since 1970 (as they come) and since 2000 (as PostgreSQL has them). 64-bit values are
 * pairs of 32-bit words: arithmetic on BigInt costs several times more a value.
 */

/** Days from 1970-01-01 to 2000-01-01. */
export const EPOCH_DAYS = 10_957

/** 4713-11-24 BC, in days since 1970; earlier dates do not exist in PostgreSQL. */
export const MIN_DATE = -2_451_545 + EPOCH_DAYS
/** The day after 5874897-12-31, in days since 1970. */
export const END_DATE = 2_145_031_949 + EPOCH_DAYS

/** How DuckDB, whose vectors these are, writes infinite dates. */
export const DATE_INFINITY = 2 ** 31 - 1
export const DATE_MINUS_INFINITY = -DATE_INFINITY

const EPOCH_MICROS = 946_684_800_000_000n
/** 4713-11-24 BC 00:00, in microseconds since 1970. The other end lies beyond 64 bits. */
const MIN_MICROS = -211_813_488_000_000_000n + EPOCH_MICROS

export const EPOCH_HIGH = Number(EPOCH_MICROS >> 32n)
export const EPOCH_LOW = Number(EPOCH_MICROS & 0xffff_ffffn)
export const MIN_HIGH = Number(MIN_MICROS >> 32n)
export const MIN_LOW = Number(MIN_MICROS & 0xffff_ffffn)

/** Words of ±(2^63 − 1), DuckDB's infinite timestamps. */
export const INFINITY_HIGH = 0x7fff_ffff
export const INFINITY_LOW = 0xffff_ffff
export const MINUS_INFINITY_HIGH = -0x8000_0000
export const MINUS_INFINITY_LOW = 1
