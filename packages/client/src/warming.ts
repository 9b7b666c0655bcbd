import { fromErrorBody } from '@warm-agent/protocol'
import { fly } from './fly.ts'
import { toLeaseEvent } from './holding.ts'
import type { Held, SessionCore } from './session-core.ts'
import { liveHold } from './state.ts'

/** @returns what warms the session up: one warm-up at a time, and none beside a session that is held. */
export function createWarming(core: SessionCore, wake: () => void) {
  async function open(mine: Held, flight: AbortController) {
    for await (const { event, data } of core.transport.open(flight)) {
      const isWarming = mine === core.held && core.state.status === 'warming'
      if (event === 'failed') {
        if (isWarming) delete mine.ticket
        throw fromErrorBody(data)
      }
      if (isWarming) {
        mine.ticket = data.ticket
        mine.id ??= data.ticket
      }
      // Nobody wants it any more: a late session is stopped, not ignored.
      else if (mine !== core.held || event === 'lease') return core.dispose(data.ticket)
      core.dispatch(toLeaseEvent(event === 'lease' ? 'lease-granted' : 'warm-succeeded', data))
    }
  }

  return async function warm(isOwn: boolean) {
    if (core.state.status !== 'warming' && !liveHold(core.state) && !core.pending) {
      const mine: Held = { isOwn }
      core.held = mine
      mine.opened = fly(
        core,
        mine,
        flight => open(mine, flight),
        (_, error) => {
          if (core.state.status !== 'warming') wake()
          // With a ticket in hand the warm-up goes on without us, and beats ask after it.
          else core.dispatch({ type: mine.ticket ? 'beat-failed' : 'warm-failed', error })
        },
      )
      core.dispatch({ type: 'warm-started' })
    }
    await core.held.opened
  }
}
