import { type AgentRuntime, type CallCredentials, RuntimeFailure, type RuntimeSession } from '../agent-runtime.ts'
import { type CallOptions, callRuntime } from './call-runtime.ts'

/** A warm-up that the agent answered. */
export interface WarmUpAnswer {
  /** The nonce that the agent echoed: the first that its VM ever saw. `undefined` when it echoes none. */
  readonly echo: string | undefined
  readonly tookMs: number
  /** Whether it had to wait for somebody else's provisioning. */
  readonly sawConflict: boolean
}

/** How a warm-up is made, and in whose name. */
export interface WarmUpOptions extends CallOptions {
  credentials?: CallCredentials | undefined
  /** Makes each attempt, perhaps at another endpoint. @default on the session itself */
  placing?: (<T>(attempt: (session: RuntimeSession) => Promise<T>) => Promise<T>) | undefined
}

/** Touches the session with a warm-up: starts it when it does not run, restarts its idle timer when it does. */
export async function warmUp(
  runtime: AgentRuntime,
  session: RuntimeSession,
  nonce: string,
  { credentials, placing = attempt => attempt(session), ...options }: WarmUpOptions,
): Promise<WarmUpAnswer> {
  const startedAt = Date.now()
  const attempt = (signal: AbortSignal) =>
    placing(async session => {
      const answer = await runtime.invoke(session, runtime.warmUpRequest(nonce), signal, credentials)
      return runtime.readEcho(await readStart(answer.body, signal))
    })
  const { value: echo, sawConflict } = await callRuntime(attempt, options)
  return { echo, sawConflict, tookMs: Date.now() - startedAt }
}

/** An echo is short. An agent that takes the warm-up for a message may talk for minutes: it is not listened to for so long. */
const longestEcho = 16_384
const echoWaitMs = 5_000

async function readStart(body: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  // Nobody waits for the rest, nor for how the socket closes.
  const stop = () => void reader.cancel().catch(() => undefined)
  const timer = setTimeout(stop, echoWaitMs)
  signal.addEventListener('abort', stop, { once: true })
  let text = ''
  try {
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) return text
      text += decoder.decode(value, { stream: true })
      if (text.length >= longestEcho) stop()
    }
  } catch (cause) {
    if (signal.aborted) throw cause
    // The answer broke off, so its echo is unknown. A warm-up may be made again.
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RuntimeFailure('unreachable', `The answer broke off: ${why}`, { mayHaveRun: true, cause })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/** Whether a call that failed so may have left a microVM behind. */
export function mayHaveStarted(failure: unknown): boolean {
  return !(failure instanceof RuntimeFailure) || failure.mayHaveRun || failure.reason === 'conflict'
}

/**
 * Stops the session. One that is just being provisioned is stopped as soon as the platform allows.
 *
 * @throws RuntimeFailure `unauthenticated` at once when the runtime knows only callers' tokens and none is given: such a
 *   session ends by idling.
 */
export async function stopSession(
  runtime: AgentRuntime,
  session: RuntimeSession,
  timeoutMs: number,
  credentials?: CallCredentials,
): Promise<void> {
  await callRuntime(signal => runtime.stop(session, signal, credentials), { purpose: 'stop', retryForMs: timeoutMs })
}
