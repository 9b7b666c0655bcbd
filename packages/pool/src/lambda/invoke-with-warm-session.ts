import {
  type AgentAnswer,
  type AgentRuntime,
  RuntimeFailure,
  type RuntimeSession,
  stopSession,
} from '@warm-agent/proxy'
import {
  createSessionMaker,
  mayHaveStarted,
  type SessionMaker,
  tellListener,
  within,
} from '@warm-agent/proxy/runtime-kit'
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
  /** Hears why a session could not be had from the pool, or could not be stopped. @default nobody */
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

/** A session that is being started can be stopped only once it runs: as long as the proxy waits for a warm-up. Milliseconds. */
const stopTimeoutMs = 60_000

/** An error waits so long for the stop: Lambda freezes a caller that has answered. Milliseconds. */
const settleForMs = 500

/**
 * Sends a message on a session of the pool, or on a new one when the pool gives none. The agent gets it once: it is sent
 * again, on a new session, only where the platform says that the agent did not run because the pooled one was just ending.
 * A session that the caller is not told of is stopped.
 *
 * @throws RuntimeFailure when the message was not answered, or an abort when `signal` ended it.
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
  if (pooled) {
    const session = sessionOf(pooled)
    try {
      signal.throwIfAborted()
      return await send(session, 'warm')
    } catch (failure) {
      const stopped = stop(invocation, session)
      if (!wasEnding(failure)) {
        await stopped
        throw failure
      }
      tellPoolFailure(invocation, failure)
    }
  }
  signal.throwIfAborted()
  const session = newSession(runtime)
  try {
    return await send(session, 'cold')
  } catch (failure) {
    if (mayHaveStarted(failure)) await stop(invocation, session)
    throw failure
  }
}

/** Whether the agent surely did not run, as its session was just being torn down. */
function wasEnding(failure: unknown): boolean {
  return failure instanceof RuntimeFailure && failure.reason === 'conflict' && !failure.mayHaveRun
}

async function askPool(invocation: WarmInvocation, signal: AbortSignal): Promise<PooledSession | null> {
  const { getSession, getSessionTimeoutMs = 1_000 } = invocation
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
    // One that comes too late is nobody's.
    if (deadline.signal.aborted) {
      asked
        ?.then(session => session && stop(invocation, sessionOf(session)))
        .catch(failure => tellPoolFailure(invocation, failure))
    }
    signal.throwIfAborted()
    tellPoolFailure(invocation, cause)
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

function sessionOf({ runtimeSessionId, qualifier }: PooledSession): RuntimeSession {
  return { id: runtimeSessionId, qualifier }
}

/**
 * Stops a session that nobody knows: it would be paid for until it idles out. What does not end soon goes on behind; a failure
 * is told. Never rejects.
 */
async function stop(invocation: WarmInvocation, session: RuntimeSession): Promise<void> {
  const stopping = stopSession(invocation.runtime, session, stopTimeoutMs).catch(cause =>
    tellPoolFailure(invocation, cause),
  )
  await within(settleForMs, 'stop the session', stopping).catch(() => undefined)
}

function tellPoolFailure({ onPoolFailure }: WarmInvocation, cause: unknown): void {
  void tellListener('onPoolFailure', () => onPoolFailure?.(cause))
}

/** Of each runtime one, so that its endpoints are taken in turn from message to message. */
const makers = new WeakMap<AgentRuntime, SessionMaker>()

function newSession(runtime: AgentRuntime): RuntimeSession {
  const maker = makers.get(runtime) ?? createSessionMaker(runtime)
  makers.set(runtime, maker)
  return maker.newSession()
}
