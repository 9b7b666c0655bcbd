import { withTimeout } from '../with-timeout.ts'
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
  /** When the message is due, by `performance.now()`; `undefined` in a closed loop, where it is due when it can be sent. */
  dueAt: number | undefined
  /** The beginning of the scenario, by `performance.now()`. */
  beganAt: number
  /** How long the message may take, and as long what comes before it. Milliseconds. */
  timeoutMs: number
  signal: AbortSignal
}

/** The parts of a visit. */
export interface TimedVisit {
  /** What comes before the message. @returns when the message is due in a closed loop, if the scenario says so. */
  prepare(signal: AbortSignal): Promise<number | undefined>
  send(signal: AbortSignal): Promise<TimedAnswer>
  /** What is asked after the answer. */
  lookUp(): Promise<Pick<Observation, 'handler' | 'warmUp'>>
}

/**
 * Times one message from the moment it was due, whatever delayed it: a slow preparation, a server that stalls, a busy machine.
 * Timed from the moment it was sent, the users who waited longest would not show (Gil Tene's "coordinated omission").
 */
export async function timeMessage(timing: MessageTiming, { prepare, send, lookUp }: TimedVisit): Promise<Sample> {
  const { beganAt, timeoutMs, signal } = timing
  let due = timing.dueAt
  let sentAt: number | undefined
  let patience: AbortSignal | undefined
  const within = () => {
    patience = withTimeout(signal, timeoutMs)
    return patience
  }
  try {
    // It may wait for something that never comes: a session of the pool, or an answer.
    const proposed = await prepare(within())
    due ??= proposed
    await waitUntil(due ?? 0, signal)
    sentAt = performance.now()
    due ??= sentAt
    const answer = await send(within())
    return toSample(answer, { beganAt, due, sentAt }, await lookUp())
  } catch (error) {
    signal.throwIfAborted()
    const failedAt = performance.now()
    const from = due ?? failedAt
    const lateMs = Math.max(0, (sentAt ?? failedAt) - from)
    return {
      dueAtMs: round(from - beganAt),
      lateMs: round(lateMs),
      // Not by the error: an aborted call may reject with anything.
      error: patience?.aborted ? 'timeout' : nameOf(error),
      failedMs: round(failedAt - from),
    }
  }
}

function toSample(
  { headersAt, firstTokenAt, lastTokenAt, ...answer }: TimedAnswer,
  { beganAt, due, sentAt }: { beganAt: number; due: number; sentAt: number },
  lookedUp: Awaited<ReturnType<TimedVisit['lookUp']>>,
): Answered {
  const seen: Observation = {
    dueAtMs: round(due - beganAt),
    lateMs: round(Math.max(0, sentAt - due)),
    headersMs: round(headersAt - due),
    firstTokenMs: round(firstTokenAt - due),
    lastTokenMs: round(lastTokenAt - due),
    ...answer,
    ...lookedUp,
  }
  const streamedMs = seen.lastTokenMs - seen.firstTokenMs
  const tokensPerSecond = seen.tokens > 1 && streamedMs > 0 ? ((seen.tokens - 1) * 1_000) / streamedMs : null
  return { ...seen, budget: latencyBudget(seen), tokensPerSecond }
}

/** Rounded here and not where the result is written, so that its percentiles are exactly those of the samples in it. */
function round(ms: number): number {
  return Math.round(ms * 100) / 100
}

/** One word for a failure: a code of ours, the name of the platform's exception, or a code of the network. */
function nameOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: string; cause?: { code?: unknown } }
  const isPlain = name === undefined || ['Error', 'TypeError', 'WarmAgentError'].includes(name)
  const found = isPlain ? (code ?? cause?.code) : undefined
  return typeof found === 'string' ? found : (name ?? 'Error')
}
