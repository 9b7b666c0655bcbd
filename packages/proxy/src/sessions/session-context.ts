import { WarmAgentError } from '@warm-agent/protocol'
import type { AgentRuntime } from '../agent-runtime.ts'
import type { ConversationSource } from '../conversation.ts'
import type { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import type { AdmitMessage } from '../limits/bound-messages.ts'
import type { Limiter } from '../limits/create-limiter.ts'
import type { EmitProxyEvent } from '../proxy-event.ts'
import type { ProxyLimits } from '../proxy-options.ts'
import type { Sealer } from '../sealer.ts'
import type { SessionMaker } from '../session-maker.ts'
import type { SessionPool } from '../session-pool.ts'
import { isExpired, type SessionRules } from './deadlines.ts'
import { isWarming, type SessionMemories } from './session-memory.ts'
import type { SessionTicket } from './session-ticket.ts'

/** An agent that this proxy serves. */
export interface ServedAgent extends SessionMaker {
  readonly name: string
  readonly runtime: AgentRuntime
  /** Marks its tickets and its entries in the ledger. */
  readonly runtimeTag: string | undefined
  readonly rules: SessionRules
  /** Sessions that were warmed ahead. */
  readonly pool?: SessionPool | undefined
}

/** What warming, joining, beating and closing work on. */
export interface SessionContext {
  readonly agents: ReadonlyMap<string, ServedAgent>
  readonly limits: ProxyLimits
  readonly limiter: Limiter
  readonly admitMessage: AdmitMessage
  readonly memories: SessionMemories
  readonly ledger: LedgerKeeper
  /** The name of this instance in the ledger. */
  readonly holder: string
  readonly conversationId: ConversationSource | undefined
  readonly sealer: Sealer
  readonly emit: EmitProxyEvent
  readonly onPoolFailed: (cause: unknown) => void
}

/** @throws WarmAgentError `not_found` for an unknown name, `bad_request` when one of several must be named. */
export function agentNamed(context: SessionContext, name: string | undefined): ServedAgent {
  const [only, ...others] = context.agents.values()
  if (name === undefined) {
    if (only && others.length === 0) return only
    throw new WarmAgentError('bad_request', 'Could not choose an agent: there are several. Name one.')
  }
  const agent = context.agents.get(name)
  if (agent) return agent
  throw new WarmAgentError('not_found', 'Could not find the agent: the proxy serves none of this name. Check `agent`.')
}

/** Whether a session is of an agent that this proxy serves, and of the same runtime, as far as both are told. */
export function isServed(context: SessionContext, about: Pick<SessionTicket, 'agent' | 'runtimeTag'>): boolean {
  const served = context.agents.get(about.agent)
  if (!served?.runtimeTag || !about.runtimeTag) return served !== undefined
  return served.runtimeTag === about.runtimeTag
}

/** The agent of an opened ticket: {@link isServed} held when it was opened. */
export function agentOf(context: SessionContext, ticket: SessionTicket): ServedAgent {
  return agentNamed(context, ticket.agent)
}

/** The ticket, with the endpoint where its session is now: the one it was sealed with may have refused it since. */
export function placedTicket(context: SessionContext, ticket: SessionTicket): SessionTicket {
  const { movedTo } = context.memories.of(ticket.session)
  return movedTo ? { ...ticket, session: movedTo } : ticket
}

/** The ticket, with what has been seen of its session since it was sealed, by this process or, as the ledger tells, another. */
export function upToDate(context: SessionContext, ticket: SessionTicket): SessionTicket {
  const { touchedAt = 0, isSent = false, entry } = context.memories.of(ticket.session)
  return {
    ...ticket,
    touchedAt: Math.max(ticket.touchedAt, touchedAt),
    isSent: ticket.isSent || isSent,
    isWarm: ticket.isWarm || (entry?.isWarm ?? false),
  }
}

/** Whether the platform has ended the session. It cannot idle before it is up: not while it is warmed here. */
export function hasExpired(context: SessionContext, ticket: SessionTicket): boolean {
  const isWarmingHere = isWarming(context.memories.of(ticket.session))
  return !isWarmingHere && isExpired(ticket, agentOf(context, ticket).rules, Date.now())
}

/** A ticket for a session that nothing was sent to yet. */
export function newTicket(
  agent: ServedAgent,
  callerId: string,
  refusedBy?: readonly string[],
): SessionTicket & { nonce: string } {
  const now = Date.now()
  return {
    session: agent.newSession(refusedBy),
    agent: agent.name,
    runtimeTag: agent.runtimeTag,
    callerId,
    bornAt: now,
    touchedAt: now,
    nonce: crypto.randomUUID(),
    isWarm: false,
    isSent: false,
  }
}
