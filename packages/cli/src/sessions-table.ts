import type { LedgerEntry } from '@warm-agent/proxy'
import { sessionTag } from '@warm-agent/proxy/runtime-kit'
import { counted } from './counted.ts'
import { formatSpan } from './format-span.ts'
import { toColumns } from './text-columns.ts'

/** The name of a session in the proxy's log: enough to find it, not enough to use it. */
export function tagOf({ session }: LedgerEntry): string {
  return sessionTag(session.id)
}

/** Describes the sessions in a table, or in a line of JSON for each. Never shows a whole session id. */
export function formatSessions(entries: readonly LedgerEntry[], nowMs: number, isJson: boolean): string {
  if (isJson) return entries.map(entry => `${JSON.stringify(describe(entry))}\n`).join('')
  const held = `${counted(entries.length, 'session')} ${entries.length === 1 ? 'is' : 'are'} held.`
  if (entries.length === 0) return `${held}\n`
  const rows = entries.map(entry => [
    tagOf(entry),
    entry.agent,
    entry.session.qualifier,
    shorten(entry.callerId),
    `${formatSpan(nowMs - entry.bornAt)} ago`,
    entry.heldUntil > nowMs ? `in ${formatSpan(entry.heldUntil - nowMs)}` : 'now',
    entry.state === 'held' ? entry.reason : entry.state,
  ])
  const header = ['SESSION', 'AGENT', 'ENDPOINT', 'CALLER', 'STARTED', 'HELD UNTIL', 'WHY']
  return `${toColumns(header, rows)}${held}\n`
}

function describe(entry: LedgerEntry) {
  const { agent, session, callerId, bornAt, touchedAt, heldUntil, reason, state, holder } = entry
  return {
    session: tagOf(entry),
    agent,
    qualifier: session.qualifier,
    callerId,
    startedAt: new Date(bornAt).toISOString(),
    touchedAt: new Date(touchedAt).toISOString(),
    heldUntil: new Date(heldUntil).toISOString(),
    reason,
    state,
    holder,
  }
}

function shorten(callerId: string): string {
  const printable = callerId.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')
  return printable.length > 40 ? `${printable.slice(0, 39)}…` : printable
}
