import { defaultBasePath, type ErrorCode, statusOfCode, WarmAgentError } from '@warm-agent/protocol'

/** What the played agent answers a message with. A WarmAgentError that it throws is what the page gets. */
export type FakeAnswer = string | ((request: Request) => Response | string | Promise<Response | string>)

export interface WarmAgentHandlersOptions {
  /**
   * Where the proxy is mounted. A path is played on every origin, an absolute URL on its own only.
   * @default '/api/agent'
   */
  endpoint?: string | URL | undefined
  /**
   * How long a warm-up takes, in milliseconds. At 0 no timer is set, so that faked timers need not be advanced.
   * @default 0
   */
  warmUpMs?: number | undefined
  /**
   * Every warm-up fails so, after `warmUpMs`; messages go cold. A code, or an error with words of your own.
   * @default warm-ups succeed
   */
  failWith?: ErrorCode | WarmAgentError | undefined
  /**
   * How long a session lives after its last touch, in milliseconds of `Date.now()`: the `ttlMs` of its lease. Pages are
   * told to beat at 60 % of it, so what expires is the session of a page that is hidden, frozen or asleep.
   * @default 900_000
   */
  expireAfterMs?: number | undefined
  /**
   * What a message is answered with. A string goes out as it stands, as `text/event-stream`; a function is called per
   * message. Of a Response, the status, the `content-type` and the body are passed on, as the proxy does.
   * @default a short event stream
   */
  answer?: FakeAnswer | undefined
}

/** Options that are checked and complete. */
export interface CheckedOptions {
  /** Without a slash at its end. */
  endpoint: string
  warmUpMs: number
  failure: WarmAgentError | undefined
  expireAfterMs: number
  answer: FakeAnswer
}

const defaultAnswer = 'data: "Hello "\n\ndata: "from the fake agent."\n\n'

/** Longer timers fire at once. */
const longestTimerMs = 2 ** 31 - 1

/** @throws Error that names the option that is unknown or makes no sense. */
export function checkOptions(options: WarmAgentHandlersOptions): CheckedOptions {
  const {
    endpoint = defaultBasePath,
    warmUpMs = 0,
    failWith,
    expireAfterMs = 900_000,
    answer = defaultAnswer,
    ...unknown
  } = options
  for (const [name, value] of Object.entries(unknown)) refuse(name, value)
  if (!/^(\/|https?:\/\/)[^*?#\s]+$/.test(String(endpoint))) refuse('endpoint', endpoint)
  if (!(warmUpMs >= 0 && warmUpMs <= longestTimerMs)) refuse('warmUpMs', warmUpMs)
  if (!(expireAfterMs > 0)) refuse('expireAfterMs', expireAfterMs)
  if (typeof answer !== 'string' && typeof answer !== 'function') refuse('answer', answer)
  return {
    endpoint: String(endpoint).replace(/\/+$/, ''),
    warmUpMs,
    failure: toFailure(failWith),
    expireAfterMs,
    answer,
  }
}

function toFailure(failWith: ErrorCode | WarmAgentError | undefined): WarmAgentError | undefined {
  if (failWith === undefined || failWith instanceof WarmAgentError) return failWith
  if (!Object.hasOwn(statusOfCode, failWith)) refuse('failWith', failWith)
  return new WarmAgentError(
    failWith,
    `Could not start the agent: the test lets it fail with ${failWith}. See failWith of warmAgentHandlers.`,
  )
}

function refuse(name: string, value: unknown): never {
  throw new Error(`Could not create the handlers: ${name} cannot be ${value}. See WarmAgentHandlersOptions.`)
}
