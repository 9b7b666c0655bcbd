import { inspect } from 'node:util'
import { type Boot, isBoot } from './boot.ts'
import { type Clock, systemClock } from './clock.ts'
import { EmulatorError } from './emulator-error.ts'
import type { Emit } from './events.ts'

/** An option that is unknown or makes no sense is refused with an `EmulatorError` that names it. */
export interface EmulatorOptions {
  /**
   * The agent: a command line that the shell runs once for every session, with `PORT` set, in the current directory.
   * It is ready when `GET /ping` on that port answers 200, and is sent `POST /invocations`.
   */
  agent: string
  /** Where to listen; 0 takes any free port. @default 0 */
  port?: number | undefined
  /** @default '127.0.0.1' */
  host?: string | undefined
  /** The time that the platform takes to provision a microVM, on top of the agent's own start. @default { kind: 'fixed', ms: 0 } */
  boot?: Boot | undefined
  /**
   * A session ends this long after the start or end of its last call. Seconds, above 0 (the platform: from 60) up to
   * 28800, at most `maxLifetimeSeconds`. @default 900, or `maxLifetimeSeconds` when that is less
   */
  idleSeconds?: number | undefined
  /** A session ends this long after its creation, whatever happens. Seconds, above 0 up to 28800. @default 28800 */
  maxLifetimeSeconds?: number | undefined
  /** The same seed draws the same boots. An integer from 0 to 4294967295. @default a random one */
  seed?: number | undefined
  /** The one runtime that exists. @default 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/emulated_agent-0123456789' */
  arn?: string | undefined
  /** The platform gives an agent up that is not ready after this time. Milliseconds. @default 30000, as platform version 1 (AgentCore developer guide) */
  agentReadyTimeoutMs?: number | undefined
  /** What to do with what agents print: nothing, or copy it to this process's stderr. @default 'ignore' */
  agentOutput?: 'ignore' | 'inherit' | undefined
  /** Hears of everything that happens. */
  onEvent?: Emit | undefined
  /** The platform's time: boots and deadlines go by it. @default the wall clock */
  clock?: Clock | undefined
}

export type Settings = { [Name in Exclude<keyof EmulatorOptions, 'onEvent'>]-?: NonNullable<EmulatorOptions[Name]> } & {
  onEvent: Emit | undefined
}

/** The pattern of the service model in the AWS SDK 3.1141. */
const arnPattern =
  /^arn:aws(-[^:]+)?:bedrock-agentcore:([a-z0-9-]+):[0-9]{12}:runtime\/[a-zA-Z][a-zA-Z0-9_]{0,47}-[a-zA-Z0-9]{10}$/

/** AgentCore developer guide, runtime lifecycle settings. */
const longestSeconds = 28_800

type Rule = [isSane: (value: unknown) => boolean, expected: string]

const positive = (most: number) => (value: unknown) => typeof value === 'number' && value > 0 && value <= most
const integer = (most: number) => (value: unknown) =>
  Number.isInteger(value) && positive(most + 1)((value as number) + 1)
const seconds: Rule = [positive(longestSeconds), `Give a number above 0 and up to ${longestSeconds}`]

const rules: { [Name in keyof EmulatorOptions]-?: Rule } = {
  agent: [value => typeof value === 'string' && value.trim() !== '', 'Give the command that starts your agent'],
  port: [integer(65_535), 'Give an integer from 0 to 65535'],
  host: [value => typeof value === 'string' && value !== '', 'Give a host name or address'],
  boot: [isBoot, 'Give { kind: "fixed", ms } or { kind: "lognormal", medianMs, p99Ms } with medianMs from 1 to p99Ms'],
  idleSeconds: seconds,
  maxLifetimeSeconds: seconds,
  seed: [integer(2 ** 32 - 1), 'Give an integer from 0 to 4294967295'],
  arn: [
    value => typeof value === 'string' && arnPattern.test(value),
    'Give one like arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-0123456789',
  ],
  agentReadyTimeoutMs: [positive(2 ** 31 - 1), 'Give a positive number of milliseconds'],
  agentOutput: [value => value === 'ignore' || value === 'inherit', 'Give "ignore" or "inherit"'],
  onEvent: [value => typeof value === 'function', 'Give a function'],
  clock: [
    value => typeof (value as Clock | null)?.now === 'function',
    'Give an object with now, setTimeout and clearTimeout',
  ],
}

/** Checks the options and fills in what is absent. */
export function readOptions(options: EmulatorOptions): Settings {
  for (const [name, value] of Object.entries(options ?? {})) {
    if (!Object.hasOwn(rules, name)) refuse(name, value, `Use one of ${Object.keys(rules).join(', ')}`)
    const [isSane, expected] = rules[name as keyof EmulatorOptions]
    if (value !== undefined && !isSane(value)) refuse(name, value, expected)
  }
  if (options?.agent === undefined) refuse('agent', undefined, rules.agent[1])
  const { maxLifetimeSeconds = longestSeconds } = options
  const { idleSeconds = Math.min(900, maxLifetimeSeconds) } = options
  if (idleSeconds > maxLifetimeSeconds) {
    refuse('idleSeconds', idleSeconds, `Give at most maxLifetimeSeconds, which is ${maxLifetimeSeconds}`)
  }
  return {
    agent: options.agent,
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    boot: options.boot ?? { kind: 'fixed', ms: 0 },
    idleSeconds,
    maxLifetimeSeconds,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 32),
    arn: options.arn ?? 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/emulated_agent-0123456789',
    agentReadyTimeoutMs: options.agentReadyTimeoutMs ?? 30_000,
    agentOutput: options.agentOutput ?? 'ignore',
    onEvent: options.onEvent,
    clock: options.clock ?? systemClock,
  }
}

/** The fourth part of an ARN that passed the check. */
export function regionOf(arn: string): string {
  return arnPattern.exec(arn)?.[2] ?? 'us-east-1'
}

function refuse(name: string, value: unknown, expected: string): never {
  const shown = inspect(value, { breakLength: Number.POSITIVE_INFINITY })
  throw new EmulatorError('invalid_option', `Could not start the emulator: option "${name}" is ${shown}. ${expected}.`)
}
