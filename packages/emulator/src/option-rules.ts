import { inspect } from 'node:util'
import { EmulatorError } from './emulator-error.ts'

/** Whether a value makes sense, and what to give instead of one that does not. */
export type Rule = readonly [isSane: (value: unknown) => boolean, expected: string]

/** A rule for every option. */
export type Rules<Options> = { readonly [Name in keyof Options]-?: Rule }

/** A number above 0; infinite ones only when `most` is. */
export const positive = (most: number) => (value: unknown) => typeof value === 'number' && value > 0 && value <= most

/** A number from 0. */
export const atLeastZero = (most: number) => (value: unknown) =>
  typeof value === 'number' && value >= 0 && value <= most

export const integer = (most: number) => (value: unknown) => Number.isInteger(value) && atLeastZero(most)(value)

export function oneOf(...words: string[]): Rule {
  return [value => words.includes(value as string), `Give ${words.map(word => `"${word}"`).join(' or ')}`]
}

export const aFunction: Rule = [value => typeof value === 'function', 'Give a function']

/** Throws an {@link EmulatorError} that names the first option which is unknown or makes no sense. */
export function checkOptions(options: object | undefined, rules: Readonly<Record<string, Rule>>): void {
  for (const [name, value] of Object.entries(options ?? {})) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule) refuse(name, value, `Use one of ${Object.keys(rules).join(', ')}`)
    if (value !== undefined && !rule[0](value)) refuse(name, value, rule[1])
  }
}

export function refuse(name: string, value: unknown, expected: string, cause?: unknown): never {
  // One line, also for a long list.
  const shown = inspect(value, { breakLength: Number.POSITIVE_INFINITY }).replace(/\s*\n\s*/g, ' ')
  throw new EmulatorError(
    'invalid_option',
    `Could not start the emulator: option "${name}" is ${shown}. ${expected}.`,
    {
      cause,
    },
  )
}
