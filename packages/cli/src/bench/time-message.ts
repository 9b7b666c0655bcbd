import { latencyBudget } from './latency-budget.ts'
import type { Observation } from './observation.ts'
import type { Answered, Sample } from './sample.ts'
import { waitUntil } from './wait-until.ts'

/** One answer, by `performance.now()`. */
interface TimedAnswer {
  headersAt: number
  firstTokenAt: number
  lastTokenAt: number
  tokens: number
  outcome: string
  proxy: Observation['proxy']
}

export interface MessageTiming {
  /** When the message is due, by `performance.now()`; `undefined` in a closed loop: as soon as it can be sent. */
  dueAt: number | undefined
  /** The beginning of the scenario, by `performance.now()`. */
  beganAt: number
  /** How long the message may take, and what comes before it. Milliseconds. */
  timeoutMs: number
  signal: AbortSignal
}

/** The parts of a visit that is timed. */
export interface TimedVisit {
  /** What comes before the message. @returns when it is due, where the scenario and not the arrival rate says so. */
  prepare(signal: AbortSignal): Promise<number | undefined>
  send(signal: AbortSignal): Promise<TimedAnswer>
  /** What is looked up when the answer is over. */
  lookUp(): Promise<Pick<Observation, 'handler' | 'warmUp'>>
}

/**
 * Times one message from the moment it was due, whatever kept it: a preparation that took long, a server that stalls, a
 * machine that is busy. To time it from the moment it was sent would leave out just the users who waited most (Gil Tene's
 * "coordinated omission").
 */
export async function timeMessage(timing: MessageTiming, { prepare, send, lookUp }: TimedVisit): Promise<Sample> {
  const { beganAt, timeoutMs, signal } = timing
  let due = timing.dueAt
  let sentAt: number | undefined
  let patience: AbortSignal | undefined
  const within = () => {
    patience = AbortSignal.timeout(timeoutMs)
    return AbortSignal.any([signal, patience])
  }
  try {
    // What comes before may wait for something that never comes: a session of the pool, an answer.
    const proposed = await prepare(within())
    due ??= proposed
    await waitUntil(due ?? 0, signal)
    sentAt = performance.now()
    due ??= sentAt
    const answer = await send(within())
    return complete(answer, due, sentAt, { beganAt, ...(await lookUp()) })
  } catch (error) {
    signal.throwIfAborted()
    const failedAt = performance.now()
    const from = due ?? failedAt
    const lateMs = Math.max(0, (sentAt ?? failedAt) - from)
    return {
      dueAtMs: round(from - beganAt),
      lateMs: round(lateMs),
      // An aborted call may reject with any name.
      error: patience?.aborted ? 'timeout' : nameOf(error),
      failedMs: round(failedAt - from),
    }
  }
}

function complete(
  { headersAt, firstTokenAt, lastTokenAt, ...answer }: TimedAnswer,
  due: number,
  sentAt: number,
  { beganAt, ...looked }: { beganAt: number } & Pick<Observation, 'handler' | 'warmUp'>,
): Answered {
  const seen: Observation = {
    dueAtMs: round(due - beganAt),
    lateMs: round(Math.max(0, sentAt - due)),
    headersMs: round(headersAt - due),
    firstTokenMs: round(firstTokenAt - due),
    lastTokenMs: round(lastTokenAt - due),
    ...answer,
    ...looked,
  }
  const streamedMs = seen.lastTokenMs - seen.firstTokenMs
  const tokensPerSecond = seen.tokens > 1 && streamedMs > 0 ? ((seen.tokens - 1) * 1_000) / streamedMs : null
  return { ...seen, budget: latencyBudget(seen), tokensPerSecond }
}

/** Here and not where it is written down, so that the percentiles are those of the samples in the result, to the digit. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** A word for a failure: our code, the platform's exception, or the network's code. */
function nameOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: string; cause?: { code?: unknown } }
  const isPlain = name === undefined || ['Error', 'TypeError', 'WarmAgentError'].includes(name)
  const found = isPlain ? (code ?? cause?.code) : undefined
  return typeof found === 'string' ? found : (name ?? 'Error')
}
