import { type Agent, isAgent } from './agent.ts'
import { parseArn, regionOf } from './arn.ts'
import { checkOptions, integer, oneOf, type Rules, refuse } from './option-rules.ts'
import { type PlatformOptions, type PlatformSettings, platformRules, readPlatform } from './platform-options.ts'
import { readWire, type WireOptions, type WireSettings, wireRules } from './wire-options.ts'

/** An option that is unknown or makes no sense is refused with an `EmulatorError` that names it. */
export interface EmulatorOptions<State = unknown> extends PlatformOptions, WireOptions {
  /**
   * The agent. A command line, which the shell runs once for every session, with `PORT` set, in the current directory: it
   * is ready when `GET /ping` on that port answers 200, and is sent `POST /invocations`. Or one that lives in this
   * process: a handler, or a {@link SimulatedAgent}.
   */
  agent: Agent<State>
  /** Where to listen; 0 takes any free port. @default 0 */
  port?: number | undefined
  /** @default '127.0.0.1' */
  host?: string | undefined
  /** The one runtime that exists. @default 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/emulated_agent-0123456789' */
  arn?: string | undefined
  /**
   * Starts the agent once before the first session, which gets that process, to see that it starts at all; rejects when it
   * does not. @default false: the first call is told
   */
  tryAgent?: boolean | undefined
  /** What to do with what agents print: nothing, or copy it to this process's stderr. @default 'ignore' */
  agentOutput?: 'ignore' | 'inherit' | undefined
}

type OwnOptions = Omit<EmulatorOptions, keyof PlatformOptions | keyof WireOptions>

export type Settings = { [Name in keyof OwnOptions]-?: NonNullable<OwnOptions[Name]> } & {
  platform: PlatformSettings
  wire: WireSettings
}

const defaultArn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/emulated_agent-0123456789'

const ownRules: Rules<OwnOptions> = {
  agent: [isAgent, 'Give the command that starts your agent, or a handler'],
  port: [integer(65_535), 'Give an integer from 0 to 65535'],
  host: [value => typeof value === 'string' && value !== '', 'Give a host name or address'],
  arn: [
    value => typeof value === 'string' && parseArn(value) !== undefined,
    'Give one like arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-0123456789',
  ],
  tryAgent: [value => typeof value === 'boolean', 'Give true or false'],
  agentOutput: oneOf('ignore', 'inherit'),
}

/** Checks the options and fills in what is absent. */
export function readOptions(options: EmulatorOptions): Settings {
  checkOptions(options, { ...ownRules, ...wireRules, ...platformRules })
  if (options?.agent === undefined) refuse('agent', undefined, ownRules.agent[1])
  const arn = options.arn ?? defaultArn
  return {
    agent: options.agent,
    port: options.port ?? 0,
    host: options.host ?? '127.0.0.1',
    arn,
    tryAgent: options.tryAgent ?? false,
    agentOutput: options.agentOutput ?? 'ignore',
    platform: readPlatform(options, regionOf(arn)),
    wire: readWire(options),
  }
}
