import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { withEnvFile } from './env-file.ts'
import { UsageError } from './usage-error.ts'

/** One setting of a command. */
export interface Setting<Value> {
  /** One line for `--help`. */
  help: string
  /** The name of its value in `--help`. A setting without one is a switch. */
  placeholder?: string
  /** Its environment variable, if it has one. The flag wins. */
  variable?: string
  /** What counts when it is not set, for `--help`. */
  defaultText?: string
  /** @throws Error saying what was expected, as the end of "Could not use X: …" */
  read(text: string | undefined): Value
}

export type Values<Settings> = { [Name in keyof Settings]: Settings[Name] extends Setting<infer Value> ? Value : never }

/**
 * Reads the settings of a command from its flags and the environment.
 *
 * @returns the values, or `undefined` when help was asked for and has been printed.
 * @throws UsageError naming the setting that is unknown, missing or senseless.
 */
export function readSettings<Settings extends Record<string, Setting<unknown>>>(
  usage: string,
  settings: Settings,
  args: string[],
): Values<Settings> | undefined {
  const flags = parseFlags(settings, args)
  if (flags.help) {
    process.stdout.write(helpText(usage, settings))
    return undefined
  }
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries(settings)) {
    const flag = flags[name]
    // An empty variable is what a template leaves behind: it counts as unset. A shell leaves "\r" of a .env from Windows.
    const set = (setting.variable && process.env[setting.variable]?.trim()) || undefined
    const text = flag === undefined ? set : String(flag)
    try {
      values[name] = setting.read(text)
    } catch (cause) {
      const isMissing = text === undefined && setting.variable
      const hint =
        isMissing && existsSync('.env') ? `. A .env is not read by itself: "${withEnvFile('…')}" reads it` : ''
      throw new UsageError(`Could not use ${labelOf(name, setting)}: ${(cause as Error).message}${hint}.`, { cause })
    }
  }
  return values as Values<Settings>
}

/** Both names of a setting: whoever set it may have used either. */
export function labelOf(name: string, { variable }: Pick<Setting<unknown>, 'variable'>): string {
  return variable ? `${variable} (or --${name})` : `--${name}`
}

function parseFlags(settings: Record<string, Setting<unknown>>, args: string[]): Record<string, string | boolean> {
  const options = Object.fromEntries(
    Object.entries(settings).map(([name, { placeholder }]) => [
      name,
      { type: placeholder ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  try {
    const { values } = parseArgs({
      args: joinNegatives(args),
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      strict: true,
    })
    return values as Record<string, string | boolean>
  } catch (cause) {
    const { message } = cause as Error
    const [, flag] = /^Option '.*(--[\w-]+).*' argument (?:is ambiguous|missing)/.exec(message) ?? []
    if (flag) {
      const advice = 'Give one, after "=" if it begins with a dash'
      throw new UsageError(`Could not use ${flag}: no value follows it. ${advice}.`, { cause })
    }
    // Only the first sentence: Node adds several lines of advice.
    const [reason = ''] = message.split(/\.\s/)
    throw new UsageError(`Could not read the options: ${reason.replace(/\.$/, '')}. Try --help.`, { cause })
  }
}

/** Makes `--port -1` one word, `--port=-1`: parseArgs would take `-1` for a flag, and the error would not tell the range. */
function joinNegatives(args: readonly string[]): string[] {
  const words: string[] = []
  for (const word of args) {
    const flag = words.at(-1) ?? ''
    if (/^-[\d.]/.test(word) && /^--[^=]+$/.test(flag)) words.splice(-1, 1, `${flag}=${word}`)
    else words.push(word)
  }
  return words
}

function helpText(usage: string, settings: Record<string, Setting<unknown>>): string {
  const rows = Object.entries(settings).map(([name, { placeholder, variable, help, defaultText }]) => {
    const notes = [variable, defaultText && `default ${defaultText}`].filter(Boolean).join(', ')
    return `  --${name}${placeholder ? ` ${placeholder}` : ''}\n      ${help}${notes ? ` (${notes})` : ''}\n`
  })
  return `Usage: ${usage}\n\n${rows.join('')}`
}

/** Leaves out what was not set, so that it does not hide a default. */
export function given<Options extends object>(
  options: Options,
): { [Name in keyof Options]?: Exclude<Options[Name], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as typeof options
}

/** A setting that takes a value. */
export function setting<Value>(
  placeholder: string,
  help: string,
  read: (text: string | undefined) => Value,
  more: Pick<Setting<Value>, 'variable' | 'defaultText'> = {},
): Setting<Value> {
  return { placeholder, help, read, ...more }
}

/** A whole number within bounds. */
export function integer<Fallback extends number | undefined>(
  least: number,
  most: number,
  fallback: Fallback,
): (text: string | undefined) => number | Fallback {
  return text => {
    if (text === undefined) return fallback
    const value = /^\d+$/.test(text.trim()) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Error(`"${text}" is not a whole number from ${least} to ${most}`)
  }
}

/** A number within bounds. */
export function decimal(least: number, most: number): (text: string | undefined) => number | undefined {
  return text => {
    if (text === undefined) return undefined
    const value = /^\d*\.?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
    if (value >= least && value <= most) return value
    throw new Error(`"${text}" is not a number from ${least} to ${most}`)
  }
}

/** One of some words. */
export function oneOf<Word extends string>(...words: Word[]): (text: string | undefined) => Word | undefined {
  return text => {
    if (text === undefined || words.includes(text as Word)) return text as Word | undefined
    throw new Error(`"${text}" is none of ${words.join(', ')}`)
  }
}

/** Comma-separated words; spaces around them do not count. */
export function list(text: string | undefined): string[] | undefined {
  const words = text
    ?.split(',')
    .map(word => word.trim())
    .filter(Boolean)
  return words?.length ? words : undefined
}

export function required(meaning: string): (text: string | undefined) => string {
  return text => {
    if (text === undefined) throw new Error(`it is not set. Give ${meaning}`)
    return text
  }
}

export function optional(text: string | undefined): string | undefined {
  return text
}

/** A switch: `--name`, or its variable set to 1 or true. */
export function isOn(text: string | undefined): boolean {
  if (text === undefined || text === '0' || text === 'false') return false
  if (text === '1' || text === 'true') return true
  throw new Error(`"${text}" is neither 1 nor 0`)
}
