import { type RuntimeFailure, type RuntimeSession, stopSession, warmUp } from '@warm-agent/proxy'
import { sessionTag } from '@warm-agent/proxy/runtime-kit'
import type { PoolContext } from './pool-context.ts'
import type { PoolEntry } from './pooled-session.ts'

/** How long stopping a session is tried. It is retried by the next pass, so not for long. */
const stopTimeoutMs = 30_000

/** A session that came to answer with another microVM than it had. */
export class SessionReplaced extends Error {
  override readonly name = 'SessionReplaced'
}

/** An entry for a session that does not exist yet. */
export function newEntry(context: PoolContext, { id, qualifier }: RuntimeSession): PoolEntry {
  const { clock, rules, random, runtime } = context
  const nowMs = Math.round(clock.now())
  const life = runtime.maxLifetimeMs * (1 - rules.userShare) * (1 - 0.025 * random())
  return {
    runtimeSessionId: id,
    qualifier,
    bornAtMs: nowMs,
    touchedAtMs: nowMs,
    nonce: crypto.randomUUID(),
    evidence: 'assumed',
    version: rules.version,
    beatAtMs: nowMs,
    retireAtMs: Math.round(nowMs + life),
    missedBeats: 0,
  }
}

/**
 * Starts the session.
 *
 * @param onFailed Hears of every attempt that failed: each of them may have left something to stop, see `mayHaveStarted`.
 * @throws what the runtime says.
 */
export async function warmEntry(
  context: PoolContext,
  entry: PoolEntry,
  onFailed: (failure: RuntimeFailure) => void,
): Promise<PoolEntry> {
  const nonce = entry.nonce ?? crypto.randomUUID()
  const { echo } = await warmUp(context.runtime, sessionOf(entry), nonce, {
    purpose: 'warm-up',
    retryForMs: context.rules.warmTimeoutMs,
    signal: context.closing,
    onFailed,
  })
  return { ...touched(context, entry), nonce: echo, evidence: echo === nonce ? 'observed' : 'assumed' }
}

/**
 * Touches a session that is thought to live.
 *
 * @throws SessionReplaced when it had ended, and this touch started a new microVM; else what the runtime says.
 */
export async function touchEntry(context: PoolContext, entry: PoolEntry, timeoutMs: number): Promise<PoolEntry> {
  const { echo } = await warmUp(context.runtime, sessionOf(entry), crypto.randomUUID(), {
    purpose: 'beat',
    retryForMs: timeoutMs,
    signal: context.closing,
  })
  if (entry.nonce !== undefined && echo !== undefined && echo !== entry.nonce) {
    throw new SessionReplaced('The session had ended: another microVM answered.')
  }
  return touched(context, entry)
}

/** Ends the session. Never rejects. @returns whether it has ended. */
export async function stopEntry(context: PoolContext, entry: PoolEntry): Promise<boolean> {
  try {
    await stopSession(context.runtime, sessionOf(entry), stopTimeoutMs)
    return true
  } catch (cause) {
    context.emit({ type: 'stop-failed', cause, ...detailsOf(entry) })
    return false
  }
}

export function detailsOf({ qualifier, runtimeSessionId }: PoolEntry) {
  return { qualifier, sessionTag: sessionTag(runtimeSessionId) }
}

function sessionOf({ runtimeSessionId, qualifier }: PoolEntry) {
  return { id: runtimeSessionId, qualifier }
}

/** As it is after an answer just now. Whole milliseconds: stores keep no fractions. */
function touched({ clock, rules, random }: PoolContext, entry: PoolEntry): PoolEntry {
  const nowMs = Math.round(clock.now())
  return {
    ...entry,
    touchedAtMs: nowMs,
    beatAtMs: Math.round(nowMs + rules.beatMs * (1 - 0.1 * random())),
    missedBeats: 0,
  }
}
