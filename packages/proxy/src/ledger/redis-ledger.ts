import { sessionKey } from '../agent-runtime.ts'
import { refuseUnknown } from '../refuse-unknown.ts'
import { forgetAt } from './ending.ts'
import { isEntry } from './is-entry.ts'
import { checkPrefix, type RedisClient, toRunScript } from './redis-client.ts'
import { dueScript, leadScript, readScript, resignScript, writeScript } from './redis-scripts.ts'
import type { LedgerEntry, SessionLedger } from './session-ledger.ts'

export type { RedisClient } from './redis-client.ts'

export interface RedisLedgerOptions {
  /**
   * A connected client of yours. Whoever can read this Redis can reach the sessions: protect it by a password and TLS.
   * While it does not answer, the proxy works as if it had no ledger, and writes down afterwards what it missed.
   */
  client: RedisClient
  /**
   * What the names of the keys begin with. Proxies that share one serve the same agents, on the same runtimes, with the
   * same secret: one of them stops what nobody holds, and can stop only what it serves itself.
   *
   * @default 'warm-agent'
   */
  prefix?: string
}

/** How many entries are read in one round trip. */
const pageSize = 500

/**
 * A ledger that the proxies of a fleet share, in Redis or Valkey. Two clocks of the fleet may differ by seconds, not by
 * more.
 *
 * @throws Error when the client or the prefix is of no use.
 */
export function redisLedger({ client, prefix = 'warm-agent', ...unknown }: RedisLedgerOptions): SessionLedger {
  refuseUnknown(unknown, 'create the ledger', 'See RedisLedgerOptions.')
  checkPrefix(prefix, 'create the ledger')
  const run = toRunScript(client)
  const key = (name: string) => `{${prefix}}:${name}`
  const [index, leader, fenceKey] = [key('due'), key('lease'), key('fence')]
  const keyOf = (member: string) => key(`session:${member}`)

  async function members(untilMs: number | '+inf', limit: number): Promise<string[]> {
    return (await run(dueScript, [index], [`${untilMs}`, `${limit}`])) as string[]
  }
  async function read(wanted: string[]): Promise<unknown[]> {
    if (wanted.length === 0) return []
    const found = (await run(readScript, [index, ...wanted.map(keyOf)], wanted)) as string[]
    return found.map(parse)
  }

  return {
    read: async session => (await read([sessionKey(session)])).find(isEntry),
    async write(entry, fence) {
      const member = sessionKey(entry.session)
      const now = Date.now()
      const [is, current] = (await run(
        writeScript,
        [keyOf(member), index, fenceKey],
        [
          `${entry.version - 1}`,
          JSON.stringify(entry),
          member,
          dueScore(entry, now),
          `${Math.ceil(forgetAt(entry, now) - now)}`,
          fence === undefined ? '' : `${fence}`,
        ],
      )) as ['written' | 'stale' | 'changed', string]
      return is === 'changed' ? { is, current: [parse(current)].find(isEntry) } : { is }
    },
    due: async (nowMs, limit) => (await read(await members(nowMs, limit))) as LedgerEntry[],
    async *list() {
      const all = await members('+inf', -1)
      for (let start = 0; start < all.length; start += pageSize) {
        yield* (await read(all.slice(start, start + pageSize))).filter(isEntry)
      }
    },
    async lead(instance, forMs) {
      return Number(await run(leadScript, [leader, fenceKey], [instance, `${forMs}`])) || undefined
    },
    async resign(instance) {
      await run(resignScript, [leader], [instance])
    },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A conversation is never due, because the platform ends it: in the index it comes after the time when it is forgotten. */
function dueScore(entry: LedgerEntry, nowMs: number): string {
  if (entry.state === 'ended') return ''
  if (entry.state === 'held' && entry.reason === 'conversation') return `${forgetAt(entry, nowMs) + 1}`
  return `${entry.heldUntil}`
}
