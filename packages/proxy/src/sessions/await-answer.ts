import { backgroundTimeout } from '../background-timeout.ts'
import { answeringMs } from '../ledger/hold.ts'
import { agentOf, type SessionContext } from './session-context.ts'
import type { SessionTicket } from './session-ticket.ts'

/** An answer, from its message to its end. */
export interface AwaitedAnswer {
  /** It has begun: the session is this conversation's. */
  begin(owned: SessionTicket): void
  /** It is over, however it ended. */
  end(): void
}

/**
 * Keeps a session alive under an answer, here and on every other instance: nobody stops it while the answer is awaited or
 * read, and once the answer has begun nobody takes the session for expired.
 *
 * @param ticket The session that the message is sent on, if others know of it.
 * @param onEnd Hears that the answer is over.
 * @note Holds no more than it needs: it lives as long as the answer, and would keep the message in memory.
 */
export function awaitAnswer(
  context: SessionContext,
  ticket: SessionTicket | undefined,
  onEnd: () => void,
): AwaitedAnswer {
  const { memories, ledger } = context
  let current: SessionTicket | undefined
  let hasBegun = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function count(by: 1 | -1): void {
    if (!current) return
    const { answering = 0 } = memories.of(current.session)
    memories.note(current.session, { answering: answering + by })
  }

  function touch(): void {
    if (!current) return
    if (hasBegun) memories.note(current.session, { touchedAt: Date.now(), isSent: true })
    void ledger.hold(current, 'noted')
  }

  function sleep(ticket: SessionTicket): void {
    const everyMs = Math.min(agentOf(context, ticket).rules.idleTimeoutMs / 3, answeringMs / 2)
    timer = backgroundTimeout(() => {
      touch()
      sleep(ticket)
    }, everyMs)
  }

  function follow(next: SessionTicket | undefined): void {
    clearTimeout(timer)
    count(-1)
    current = next
    count(1)
    if (next) sleep(next)
  }

  follow(ticket)
  return {
    begin(owned) {
      follow(owned)
      hasBegun = true
      touch()
    },
    end() {
      onEnd()
      clearTimeout(timer)
      count(-1)
      touch()
      current = undefined
    },
  }
}
