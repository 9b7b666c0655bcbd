import { WarmAgentError } from '@warm-agent/protocol'
import type { RuntimeSession } from '../agent-runtime.ts'
import type { Sealer } from '../sealer.ts'
import type { SessionTimes } from './deadlines.ts'

/** What a ticket says once it is open. Sealed, so nothing in it was written by a browser. */
export interface SessionTicket extends SessionTimes {
  readonly session: RuntimeSession
  readonly agent: string
  /** Tells its runtime from another one that has the agent's name now. Absent of one without an identity. */
  readonly runtimeTag?: string | undefined
  readonly callerId: string
  /** The nonce by which the agent's VM is recognised: the one sent first, later the one it echoed. */
  readonly nonce?: string | undefined
  /** Whether somebody saw this session answer. */
  readonly isWarm: boolean
  /** The tag of the conversation whose messages this microVM has seen. */
  readonly conversation?: string | undefined
}

const format = 1

export function sealTicket(sealer: Sealer, ticket: SessionTicket): Promise<string> {
  return sealer.seal({ ...ticket, format })
}

/**
 * @throws WarmAgentError `ticket_invalid`, in the same words whether the ticket is forged, malformed,
 *   somebody else's, or for a runtime that is not served here.
 */
export async function openTicket(
  sealer: Sealer,
  sealed: string | null,
  callerIds: readonly string[],
  isServed: (ticket: SessionTicket) => boolean,
): Promise<SessionTicket> {
  const opened = sealed ? ((await sealer.open(sealed)) as (SessionTicket & { format: number }) | undefined) : undefined
  if (opened?.format !== format || !callerIds.includes(opened.callerId) || !isServed(opened)) {
    throw new WarmAgentError(
      'ticket_invalid',
      'Could not find the session: the ticket is not valid. Open a new session.',
    )
  }
  return opened
}
