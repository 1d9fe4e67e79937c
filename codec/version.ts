/** Of this package; stands beside every object that it writes. */
export const version = '0.1.0'
