import { createDeadlines } from './deadlines.ts'
import type { PoolClock } from './pool-clock.ts'
import type { PoolStore } from './pool-store.ts'

/** Time for a long look into a queue. Clients that wait for a lost connection may wait for ever. */
const limitMs = 30_000

/**
 * The store, but one that does not answer has failed: else the care for the pool would stand still, and its close would never
 * end. What was asked may have been done all the same, as after any failure. Claims have a limit of their own.
 */
export function limitStore(store: PoolStore, clock: PoolClock): PoolStore {
  const { within } = createDeadlines(
    clock,
    limitMs,
    () =>
      new Error(`Could not tend the pool: the store did not answer for ${limitMs} ms. Check that it can be reached.`),
  )
  return {
    name: store.name,
    lookEveryMs: store.lookEveryMs,
    claim: gate => store.claim(gate),
    join: member => within(store.join(member)),
    leave: member => within(store.leave(member)),
    giveBack: entry => within(store.giveBack(entry)),
    begin: (entries, fence) => within(store.begin(entries, fence)),
    add: (entry, fence) => within(store.add(entry, fence)),
    update: entries => within(store.update(entries)),
    retire: (entries, fence) => within(store.retire(entries, fence)),
    forget: entries => within(store.forget(entries)),
    look: nowMs => within(store.look(nowMs)),
  }
}
