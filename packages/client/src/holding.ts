import type { Lease } from '@warm-agent/protocol'
import { fly } from './fly.ts'
import { createHeartbeat } from './heartbeat.ts'
import { planHold } from './hold-policy.ts'
import type { SessionCore } from './session-core.ts'
import type { ExpiryReason, SessionOccurrence } from './session-event.ts'
import { type Hold, liveHold } from './state.ts'

/** Events tell everything of a lease but its ticket. */
export function toLeaseEvent(type: 'lease-granted' | 'warm-succeeded' | 'beat-succeeded', lease: Lease) {
  const { ticket: _, status: __, ...facts } = lease
  return { type, ...facts } as SessionOccurrence
}

/**
 * Holds the session: beats, pauses, announces, and lets go.
 *
 * @param awayTooLongAtMs When a user who is away has been away for too long.
 * @param onSpareLost A spare that was adopted turns out to be gone.
 */
export function createHolding(
  core: SessionCore,
  awayTooLongAtMs: () => number,
  onSpareLost: () => void,
) {
  const wake = createHeartbeat(
    core.environment,
    () => {
      const { held, state, environment } = core
      const hold = liveHold(state)
      if (!held.ticket || !hold) return
      const circumstances = {
        canBeat: !held.flight && !held.isLeft,
        isPaused: state.isPaused,
        isSent: state.status === 'active' || !!hold.isSent,
        awayTooLongAtMs: awayTooLongAtMs(),
      }
      const asked = { ...hold, retryAtMs: held.askAtMs ?? hold.retryAtMs }
      return planHold(asked, circumstances, environment.now(), environment.random())
    },
    ({ action }) => {
      if (action === 'beat') beat()
      else if (action === 'pause') core.dispatch({ type: 'heartbeat-paused' })
      else if (action === 'announce') announce()
      else if (action === 'idle' || !core.pending) expire(action)
    },
  )

  /** Touches the session. Its answer counts unless a message was faster. */
  function beat() {
    const mine = core.held
    const { ticket = '' } = mine
    mine.askAtMs = undefined
    void fly(
      core,
      mine,
      flight => core.transport.beat(ticket, flight),
      (lease, error) => {
        if (lease && mine.ticket === ticket) mine.ticket = lease.ticket
        if (lease && (lease.status === 'warm' || core.state.status !== 'warming')) {
          return core.dispatch(toLeaseEvent('beat-succeeded', lease))
        }
        const isUnknown = error.code === 'ticket_invalid'
        if (isUnknown || error.code === 'session_expired') expire('refused', isUnknown)
        else core.dispatch({ type: 'beat-failed', error })
      },
    )
    wake()
  }

  function announce() {
    const { lease } = liveHold(core.state) as Hold
    core.dispatch({ type: 'session-ending', inMs: lease.atMs + lease.holdMs - core.environment.now() })
  }

  /** The ticket of an expired session is kept: the proxy starts the session again with the next message, and says so. */
  function expire(reason: ExpiryReason, isForgotten = false) {
    const { state, held } = core
    const wasAdoptedSpare = state.status === 'warming' && !liveHold(state)?.isSent
    held.flight?.abort()
    held.flight = undefined
    if (isForgotten) core.held = {}
    if (reason === 'hold' && state.status !== 'active') void core.letGo()
    core.dispatch({ type: 'session-expired', reason })
    if (wasAdoptedSpare && reason === 'refused') onSpareLost()
  }

  return { wake, expire }
}
