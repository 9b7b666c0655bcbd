/** Durations in milliseconds, and what goes wrong. */
export interface Behaviour {
  leaseAfterMs: number
  warmAfterMs: number
  answerAfterMs: number
  beatMs: number
  ttlMs: number
  holdMs: number
  /** The routes that fail, and with what. `warm` is the end of a warm-up whose lease was granted. */
  failures: Partial<Record<'open' | 'warm' | 'beat' | 'message', Failure>>
}

export interface Failure {
  status: number
  code: string
}

export type SessionState = 'warming' | 'live' | 'parked' | 'closed' | 'expired'

/** A session without a microVM: what is known of it follows from when it was touched. */
export interface StubSession {
  readonly name: string
  readonly agent: string
  readonly state: SessionState
  readonly warmAtMs: number
  /** How long it has been past its deadline. Negative while it lives. */
  readonly overdueMs: number
  /** A message was sent on it: it is somebody's conversation, and no spare. */
  isSent: boolean
  boot(): void
  touch(): void
  stop(afterMs: number): void
  /** As when a microVM dies: nobody is told. */
  lose(): void
  lease(): { ticket: string; status: 'warming' | 'warm'; beatMs: number; ttlMs: number; holdMs: number }
}

export function createStubSession(name: string, agent: string, behaviour: Behaviour): StubSession {
  let warmAtMs = 0
  let touchedAtMs = 0
  let stopAtMs = Number.POSITIVE_INFINITY
  let isLost = false
  let leases = 0

  return {
    name,
    agent,
    isSent: false,
    get warmAtMs() {
      return warmAtMs
    },
    get overdueMs() {
      return Date.now() - Math.max(touchedAtMs, warmAtMs) - behaviour.ttlMs
    },
    get state() {
      const now = Date.now()
      if (stopAtMs <= now) return 'closed'
      if (isLost || this.overdueMs >= 0) return 'expired'
      if (stopAtMs < Number.POSITIVE_INFINITY) return 'parked'
      return warmAtMs > now ? 'warming' : 'live'
    },
    boot() {
      isLost = false
      warmAtMs = Date.now() + behaviour.warmAfterMs
      this.touch()
    },
    touch() {
      touchedAtMs = Date.now()
      stopAtMs = Number.POSITIVE_INFINITY
    },
    stop(afterMs) {
      stopAtMs = Math.min(stopAtMs, Date.now() + afterMs)
    },
    lose() {
      isLost = true
    },
    lease() {
      const { beatMs, ttlMs, holdMs } = behaviour
      // Every lease has another ticket; all of them name the session.
      const ticket = `${name}.${++leases}`
      return { ticket, status: warmAtMs > Date.now() ? 'warming' : 'warm', beatMs, ttlMs, holdMs }
    },
  }
}
