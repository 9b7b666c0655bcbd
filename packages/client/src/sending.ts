import { fromErrorBody, headerNames, type Outcome } from '@warm-agent/protocol'
import type { Send } from './hand-off.ts'
import { type Held, parkMs, type SessionCore } from './session-core.ts'
import type { SessionOccurrence } from './session-event.ts'
import type { WarmSession } from './warm-session.ts'
import { addressed } from './wire-headers.ts'

/** How long a message waits for the lease of a warm-up in flight before it goes cold. */
const leaseWaitMs = 15_000

interface SendingListeners {
  /** Settles when it is known whether there is a session, or one is being warmed up. */
  untilReady(): Promise<void>
  /** A message is about to go: what it goes on has to be this page's own. */
  claim(): Promise<void>
  /** The proxy does not know the ticket. */
  onForgotten(): void
  /** An answer brought a session. */
  onHeld(): void
}

/** Hands the session over to messages. */
export function createSending(
  core: SessionCore,
  agent: string | undefined,
  { untilReady, claim, onForgotten, onHeld }: SendingListeners,
) {
  async function untilLeased(signal: AbortSignal | null | undefined, timeoutMs = leaseWaitMs) {
    const undos: (() => void)[] = []
    const patience = new Promise<unknown>(resolve => {
      undos.push(core.environment.after(timeoutMs, () => resolve(0)))
      if (signal?.aborted) resolve(0)
      signal?.addEventListener('abort', resolve)
    })
    await Promise.race([patience, untilReady()])
    if (core.state.status === 'warming' && !core.held.ticket) {
      // Whatever changes now, it is the lease, or the end of its hope.
      await Promise.race([patience, new Promise(resolve => undos.push(core.store.subscribe(resolve)))])
    }
    for (const undo of undos) undo()
    signal?.throwIfAborted()
    await claim()
  }

  /** Takes from the headers of an answer what they say of the session that it was sent on. @returns the outcome, if it is ours. */
  function settle(mine: Held, sentTicket: string | undefined, headers: Headers): Outcome | null {
    const ticket = headers.get(headerNames.ticket)
    const outcome = headers.get(headerNames.outcome) as Outcome | null
    if (mine !== core.held) {
      // Closed meanwhile. Not stopped at once: it may be the answer that is being read.
      if (ticket) void core.dispose(ticket, { afterMs: parkMs })
      return null
    }
    if (ticket && outcome) {
      // A spare that was leased too late for this message is of no use any more.
      if (!sentTicket && mine.ticket) void core.letGo()
      const { held } = core
      held.ticket = ticket
      held.id ??= ticket
      held.isOwn = true
      onHeld()
    }
    return outcome
  }

  const send: Send = async (isMessage, signal, carry) => {
    if (isMessage) await untilLeased(signal)
    signal?.throwIfAborted()

    let mine = core.held
    const sentTicket = mine.ticket
    const tell = (occurrence: SessionOccurrence, change = -1) => {
      if (isMessage) core.pending += change
      core.dispatch(occurrence)
    }
    if (isMessage) tell({ type: 'message-sent' }, 1)
    let answer: Response
    try {
      answer = (await carry(sentTicket)) as Response
      if (sentTicket && (await isTicketRefused(answer))) {
        // Surely no agent was run: the only case in which a message is sent again.
        if (mine === core.held) onForgotten()
        mine = core.held
        answer = (await carry()) ?? answer
      }
    } catch (error) {
      if (isMessage) tell({ type: 'message-failed', error })
      throw error
    }
    const outcome = settle(mine, sentTicket, answer.headers)
    if (isMessage || outcome) tell({ type: 'message-answered', outcome, status: answer.status })
    return answer
  }

  const getHeaders: WarmSession['getHeaders'] = () =>
    Object.fromEntries(addressed(undefined, undefined, core.held.ticket, agent))

  const handoff: WarmSession['handoff'] = async ({ signal, timeoutMs } = {}) => {
    await untilLeased(signal, timeoutMs)
    signal?.throwIfAborted()
    const mine = core.held
    const { ticket } = mine
    core.dispatch({ type: 'message-sent' })
    return {
      headers: getHeaders(),
      answered(headers, status = 200) {
        core.dispatch({ type: 'message-answered', outcome: settle(mine, ticket, headers), status })
      },
    }
  }

  return { send, handoff, getHeaders }
}

/** Reads a copy: the answer is the caller's. */
async function isTicketRefused(answer: Response): Promise<boolean> {
  if (answer.status !== 401) return false
  const body: unknown = await answer
    .clone()
    .json()
    .catch(() => {})
  return fromErrorBody(body)?.code === 'ticket_invalid'
}
