import { z } from 'zod'

/** The rule for an option that is a function. */
export const aFunction = z.custom<(...args: never[]) => unknown>(
  value => typeof value === 'function',
  'expected a function',
)
