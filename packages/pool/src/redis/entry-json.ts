import type { PoolEntry } from '../pooled-session.ts'
import { readEntry } from '../read-entry.ts'

/** An array is half as long as an object, and a claim waits until it has come and is read. */
export function toJson(entry: PoolEntry): string {
  const { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce = null, evidence } = entry
  const { version, beatAtMs, retireAtMs, missedBeats } = entry
  const session = [runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence]
  return JSON.stringify([...session, version, beatAtMs, retireAtMs, missedBeats])
}

/** @returns `undefined` for what is no entry. */
export function fromJson(json: string): PoolEntry | undefined {
  let values: unknown
  try {
    values = JSON.parse(json)
  } catch {
    return undefined
  }
  if (!Array.isArray(values)) return undefined
  const [runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence, ...rest] = values
  const [version, beatAtMs, retireAtMs, missedBeats] = rest
  const session = { runtimeSessionId, qualifier, bornAtMs, touchedAtMs, nonce, evidence }
  return readEntry({ ...session, version, beatAtMs, retireAtMs, missedBeats })
}
