import {
  type AgentAnswer,
  type AgentRuntime,
  RuntimeFailure,
  type RuntimeSession,
  stopSession,
} from '@warm-agent/proxy'
import { createSessionMaker, type SessionMaker } from '@warm-agent/proxy/runtime-kit'
import type { PooledSession } from '../pooled-session.ts'

export interface WarmInvocation {
  runtime: AgentRuntime
  /** Asks for a session, for example by invoking the `getSession` function. `null`, a rejection or silence: the message goes cold. */
  getSession: (signal: AbortSignal) => Promise<PooledSession | null>
  /** What the agent is sent: an object as JSON, bytes as they are. */
  body: object | Uint8Array
  /** @default 'application/json' */
  contentType?: string
  /** @default 'text/event-stream, application/json' */
  accept?: string
  /** `getSession` may take this long, in milliseconds. @default 1_000 */
  getSessionTimeoutMs?: number
  /** The caller's own end of interest. @default none: the platform's own limits end the call */
  signal?: AbortSignal
  /** Hears why a session could not be had from the pool. @default nobody */
  onPoolFailure?: (cause: unknown) => void
}

export interface WarmInvocationAnswer {
  /** Its body must be read to the end or cancelled. */
  answer: AgentAnswer
  /** Send the next message of the conversation on it. */
  session: RuntimeSession
  /** `warm`: a session of the pool answered. `cold`: one was started for this message. */
  outcome: 'warm' | 'cold'
}

const stopTimeoutMs = 10_000

/**
 * Sends a message on a session of the pool, or on a new one when the pool gives none. The agent gets it once: it is sent
 * again, on a new session, only where the platform says that the agent did not run because the pooled one was just ending.
 *
 * @throws RuntimeFailure when the message was not answered.
 */
export async function invokeWithWarmSession(invocation: WarmInvocation): Promise<WarmInvocationAnswer> {
  const { runtime, signal = new AbortController().signal } = invocation
  const { contentType = 'application/json', accept = 'text/event-stream, application/json' } = invocation
  const body =
    invocation.body instanceof Uint8Array ? invocation.body : new TextEncoder().encode(JSON.stringify(invocation.body))
  const send = async (session: RuntimeSession, outcome: 'warm' | 'cold') => ({
    answer: await runtime.invoke(session, { body, contentType, accept }, signal),
    session,
    outcome,
  })

  const pooled = await askPool(invocation, signal)
  if (!pooled) return send(newSession(runtime), 'cold')
  // Whoever is told of a failure does not learn the session: it would be paid for until it idles out.
  const giveUp = () => stop(runtime, pooled).catch(cause => invocation.onPoolFailure?.(cause))
  if (signal.aborted) void giveUp()
  signal.throwIfAborted()
  try {
    return await send({ id: pooled.runtimeSessionId, qualifier: pooled.qualifier }, 'warm')
  } catch (failure) {
    if (!(failure instanceof RuntimeFailure) || failure.mayHaveRun) throw failure
    void giveUp()
    if (failure.reason !== 'conflict') throw failure
    invocation.onPoolFailure?.(failure)
    return send(newSession(runtime), 'cold')
  }
}

async function askPool(
  { runtime, getSession, getSessionTimeoutMs = 1_000, onPoolFailure }: WarmInvocation,
  signal: AbortSignal,
): Promise<PooledSession | null> {
  const deadline = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const tooLate = new Error(
        `Could not get a session: the pool did not answer for ${getSessionTimeoutMs} ms. Check what getSession calls.`,
      )
      deadline.abort(tooLate)
      reject(tooLate)
    }, getSessionTimeoutMs)
  })
  let asked: Promise<PooledSession | null> | undefined
  try {
    asked = getSession(AbortSignal.any([signal, deadline.signal])).then(readSession)
    return await Promise.race([asked, late])
  } catch (cause) {
    // One that comes too late is nobody's: it would be paid for until it idles out.
    if (deadline.signal.aborted) asked?.then(session => session && stop(runtime, session)).catch(onPoolFailure)
    signal.throwIfAborted()
    onPoolFailure?.(cause)
    return null
  } finally {
    clearTimeout(timer)
  }
}

/** @throws Error for what is neither a session nor none. */
function readSession(answer: PooledSession | null | undefined): PooledSession | null {
  if (answer === null || answer === undefined) return null
  if (typeof answer.runtimeSessionId === 'string' && typeof answer.qualifier === 'string') return answer
  throw new Error('Could not get a session: the pool answered with something else. Check what getSession calls.')
}

function stop(runtime: AgentRuntime, { runtimeSessionId, qualifier }: PooledSession): Promise<void> {
  return stopSession(runtime, { id: runtimeSessionId, qualifier }, stopTimeoutMs)
}

/** Of each runtime one, so that its endpoints are taken in turn from message to message. */
const makers = new WeakMap<AgentRuntime, SessionMaker>()

function newSession(runtime: AgentRuntime): RuntimeSession {
  const maker = makers.get(runtime) ?? createSessionMaker(runtime)
  makers.set(runtime, maker)
  return maker.newSession()
}
