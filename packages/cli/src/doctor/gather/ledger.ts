import { sessionTag } from '@warm-agent/proxy/runtime-kit'
import { openRedis } from '../../redis.ts'
import { tagOf } from '../../sessions-table.ts'
import { UsageError } from '../../usage-error.ts'
import type { HeldSession } from '../checks/orphans.ts'

/** What is in the ledger of the fleet. @throws UsageError when Redis does not answer. */
export async function readLedger(url: string): Promise<HeldSession[]> {
  const { ledger, close } = await openRedis(url, false)
  const held: HeldSession[] = []
  try {
    for await (const entry of ledger.list()) {
      const { reason, state, heldUntil, endsAt } = entry
      held.push({ tag: tagOf(entry), reason, state, heldUntil, endsAt })
    }
    return held
  } catch (cause) {
    // Not its words: they may repeat the URL, with its password.
    throw new UsageError('Could not read the ledger: Redis does not answer. Check WARM_AGENT_REDIS_URL.', { cause })
  } finally {
    close()
  }
}

/** The VMs that an emulator runs, by the start of their session ids; none where it is not an emulator. */
export async function listEmulated(url: string): Promise<string[]> {
  const answer = await fetch(new URL('/_emulator/sessions', url)).catch(() => undefined)
  if (!answer?.ok) return []
  const vms = (await answer.json().catch(() => [])) as { sessionId?: string; state?: string }[]
  return vms.filter(({ state }) => state !== 'stopping').map(({ sessionId = '' }) => sessionTag(sessionId))
}
