import type { PoolEntry } from '../pooled-session.ts'

/** An array is half as long as an object, and a claim waits until it has come and is read. */
export function toJson(entry: PoolEntry): string {
  const { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce = null, evidence } = entry
  const { version, beatAtMs, retireAtMs, missedBeats } = entry
  const session = [runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence]
  return JSON.stringify([...session, version, beatAtMs, retireAtMs, missedBeats])
}

export function fromJson(json: string): PoolEntry {
  const [runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence, ...rest] = JSON.parse(json)
  const [version, beatAtMs, retireAtMs, missedBeats] = rest
  const session = { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce: nonce ?? undefined, evidence }
  return { ...session, version, beatAtMs, retireAtMs, missedBeats }
}
