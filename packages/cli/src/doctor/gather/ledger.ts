import type { SessionLedger } from '@warm-agent/proxy'
import { sessionTag } from '@warm-agent/proxy/runtime-kit'
import { answered, openRedis } from '../../redis.ts'
import { tagOf } from '../../sessions-table.ts'
import type { HeldSession } from '../checks/orphans.ts'

/** The sessions in the ledger of a fleet. @throws UsageError when Redis does not answer. */
export async function readLedger(url: string): Promise<HeldSession[]> {
  const { ledger, close } = await openRedis(url, false)
  try {
    return await answered('read the ledger', 'WARM_AGENT_REDIS_URL', heldIn(ledger))
  } finally {
    close()
  }
}

async function heldIn(ledger: SessionLedger): Promise<HeldSession[]> {
  const held: HeldSession[] = []
  for await (const entry of ledger.list()) {
    const { reason, state, heldUntil, endsAt } = entry
    held.push({ tag: tagOf(entry), reason, state, heldUntil, endsAt })
  }
  return held
}

/** The VMs that an emulator runs, by the start of their session ids; none where it is not an emulator. */
export async function listEmulated(url: string): Promise<string[]> {
  const answer = await fetch(new URL('/_emulator/sessions', url)).catch(() => undefined)
  if (!answer?.ok) return []
  const vms = (await answer.json().catch(() => [])) as { sessionId?: string; state?: string }[]
  return vms.filter(({ state }) => state !== 'stopping').map(({ sessionId = '' }) => sessionTag(sessionId))
}
