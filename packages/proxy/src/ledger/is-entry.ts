import * as z from 'zod'
import type { LedgerEntry } from './session-ledger.ts'

/** What every release writes. */
const entrySchema = z.looseObject({
  version: z.number(),
  session: z.looseObject({ id: z.string(), qualifier: z.string() }),
  agent: z.string(),
  callerId: z.string(),
  bornAt: z.number(),
  touchedAt: z.number(),
  state: z.string(),
  heldUntil: z.number(),
  endsAt: z.number(),
})

/** Whether what a store has is an entry: others can write to it too. */
export function isEntry(found: unknown): found is LedgerEntry {
  return entrySchema.safeParse(found).success
}
