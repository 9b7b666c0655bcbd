import { Readable } from 'node:stream'
import { isAgent } from './agent.ts'
import type { Ledger, VmEntry } from './books.ts'
import { createEchoAgent } from './echo-agent.ts'
import { aFunction, checkOptions, type Rule, type Rules } from './option-rules.ts'
import { createPlatformCore, type Update } from './platform-core.ts'
import { PlatformError } from './platform-errors.ts'
import { type PlatformOptions, platformRules, readPlatform } from './platform-options.ts'
import { bookRefusal } from './refusals.ts'
import { type RuntimeTrouble, toTrouble } from './runtime-trouble.ts'
import type { SimulatedAgent, SimulatedHandler } from './simulated-agent.ts'
import type { VmAnswer } from './vm.ts'

/** Beside what the platform is like. An unknown option, or one that makes no sense, is refused. */
export interface SimulatedRuntimeOptions<State = unknown> extends PlatformOptions {
  /** A handler, or an agent with a module scope. @default createEchoAgent() */
  agent?: SimulatedAgent<State> | SimulatedHandler | undefined
  /** The endpoints of the runtime. At least one. @default ['DEFAULT'] */
  qualifiers?: readonly string[] | undefined
  /** Quotas differ from region to region. @default 'us-east-1' */
  region?: string | undefined
  /**
   * Makes the error that a call rejects with, e.g. the proxy's:
   * `({ reason, message, ...details }) => new RuntimeFailure(reason, message, details)`. @default a PlatformError
   */
  toFailure?: ((trouble: RuntimeTrouble) => unknown) | undefined
}

/**
 * The platform without a wire. It has the shape of the proxy's port `AgentRuntime`, so whatever takes one can be run
 * on it, a day in seconds when `clock` is a virtual one.
 */
export interface SimulatedRuntime {
  readonly qualifiers: readonly string[]
  readonly idleTimeoutMs: number
  readonly maxLifetimeMs: number
  invoke(session: SimulatedSession, request: SimulatedRequest, signal: AbortSignal): Promise<SimulatedResponse>
  /** Resolves too when the session had ended already. */
  stop(session: SimulatedSession, signal?: AbortSignal): Promise<void>
  warmUpRequest(nonce: string): SimulatedRequest
  readEcho(answerText: string): string | undefined
  /** The VMs that have not ended. */
  sessions(): VmEntry[]
  /** Every VM that ever was. */
  ledger(): Ledger
  /** Deploys a new version of the agent: live sessions keep theirs. @returns its number, counted from 1 */
  update(update?: Update): number
  /** Ends every session. */
  close(): Promise<void>
}

interface SimulatedSession {
  readonly id: string
  readonly qualifier: string
}

interface SimulatedRequest {
  body: Uint8Array
  contentType: string
  accept: string
}

interface SimulatedResponse {
  status: number
  contentType: string
  body: ReadableStream<Uint8Array>
}

type OwnOptions = Omit<SimulatedRuntimeOptions, keyof PlatformOptions>

const text: Rule = [value => typeof value === 'string' && value !== '', 'Give a text that is not empty']

const rules: Rules<OwnOptions> = {
  agent: [value => typeof value !== 'string' && isAgent(value), 'Give a handler, or an object with invoke'],
  qualifiers: [
    value => Array.isArray(value) && value.length > 0 && value.every(text[0]),
    'Give at least one name of an endpoint',
  ],
  region: text,
  toFailure: aFunction,
}

/** Throws an `EmulatorError` when an option makes no sense. */
export function createSimulatedRuntime<State = unknown>(
  options: SimulatedRuntimeOptions<State> = {},
): SimulatedRuntime {
  checkOptions(options, { ...rules, ...platformRules })
  const { agent = createEchoAgent(), qualifiers = ['DEFAULT'], region = 'us-east-1', toFailure } = options
  const settings = readPlatform(options, region)
  const { clock, limits } = settings
  const { books, emit, sessions, update, close } = createPlatformCore(agent, settings)

  /** @throws what `toFailure` makes of an error of the platform. */
  function fail(error: unknown, sessionId: string): never {
    if (!(error instanceof PlatformError)) throw error
    bookRefusal({ books, emit }, error, sessionId)
    throw toFailure ? toFailure(toTrouble(error)) : error
  }

  return {
    qualifiers,
    idleTimeoutMs: limits.idleMs,
    maxLifetimeMs: limits.maxLifetimeMs,
    async invoke({ id, qualifier }, { body, contentType, accept }, signal) {
      signal.throwIfAborted()
      try {
        const call = { headers: { 'content-type': contentType, accept }, body }
        return toResponse(await sessions.invoke({ sessionId: id, qualifier }, call, signal))
      } catch (error) {
        return fail(error, id)
      }
    },
    async stop({ id, qualifier }, signal) {
      signal?.throwIfAborted()
      try {
        await sessions.stop({ sessionId: id, qualifier })
      } catch (error) {
        if (!(error instanceof PlatformError) || error.type !== 'ResourceNotFoundException') fail(error, id)
      }
    },
    warmUpRequest: nonce => ({
      body: new TextEncoder().encode(JSON.stringify({ type: 'warmup', nonce })),
      contentType: 'application/json',
      accept: 'text/event-stream, application/json',
    }),
    readEcho,
    sessions: () => books.live(clock.now()),
    ledger: () => books.ledger(clock.now()),
    update,
    close,
  }
}

function toResponse({ status, headers, body }: VmAnswer): SimulatedResponse {
  if (status < 200 || status > 299) {
    if (body instanceof Readable) body.destroy()
    throw new PlatformError('RuntimeClientError', `Received error (${status}) from runtime.`)
  }
  return new LazyResponse(String(headers['content-type']), body)
}

/** A class, because its stream, which costs as much as the rest of a call, is made for whoever reads it. */
class LazyResponse implements SimulatedResponse {
  readonly status = 200
  readonly contentType: string
  readonly #content: VmAnswer['body']
  #stream: ReadableStream<Uint8Array> | undefined

  constructor(contentType: string, content: VmAnswer['body']) {
    this.contentType = contentType
    this.#content = content
  }

  get body(): ReadableStream<Uint8Array> {
    this.#stream ??= toWebStream(this.#content)
    return this.#stream
  }
}

function toWebStream(body: VmAnswer['body']): ReadableStream<Uint8Array> {
  if (body instanceof Readable) return Readable.toWeb(body) as ReadableStream<Uint8Array>
  return new ReadableStream({
    start(controller) {
      if (body.byteLength > 0) controller.enqueue(body)
      controller.close()
    },
  })
}

function readEcho(answerText: string): string | undefined {
  try {
    const { nonce } = JSON.parse(answerText)
    return typeof nonce === 'string' ? nonce : undefined
  } catch {
    return undefined
  }
}
