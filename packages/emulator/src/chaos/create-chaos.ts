import { createRandom } from '../random.ts'
import { type CallKind, type ChaosRule, readChaos } from './chaos-rule.ts'

/** A rule that is in force, and what it has done. */
export interface ChaosState extends ChaosRule {
  /** Calls that it looked at. */
  seen: number
  /** Calls that it hit. */
  hit: number
}

/** The faults of an emulator, to be changed while it runs. Also over HTTP: `/_emulator/chaos`. */
export interface Chaos {
  /** Adds rules after those in force; returns the undo. Throws an Error that says what is wrong. */
  add(rules: string | readonly ChaosRule[]): () => void
  /** Replaces all rules. Nothing changes when it throws. */
  set(rules: string | readonly ChaosRule[]): void
  clear(): void
  /** The rules in force, in the order in which they are asked. Spent ones stay on the list. */
  list(): ChaosState[]
}

/** What the faults that hit one call do to it, together. */
export interface CallFaults {
  slowMs: number
  chunkMs: number
  refuse?: ChaosRule
  isVmReplaced: boolean
  late?: ChaosRule
  /** Cut after so many bytes of the answer. */
  cutAfter?: number
}

export interface ChaosSource extends Chaos {
  /** Asks every rule for one call that is of these kinds, and counts. */
  next(kinds: readonly CallKind[]): CallFaults
}

interface Entry {
  rule: ChaosRule
  random: () => number
  seen: number
  hit: number
}

/** @param seed what rules without a seed of their own draw from. */
export function createChaos(rules: readonly ChaosRule[], seed: number): ChaosSource {
  let entries: Entry[] = []
  let made = 0
  const open = (rule: ChaosRule): Entry => {
    const place = made++
    return { rule, random: createRandom(rule.seed ?? `${seed}/chaos/${place}`), seen: 0, hit: 0 }
  }
  const read = (more: string | readonly ChaosRule[]) => readChaos(more).map(open)
  entries = rules.map(open)

  return {
    add(more) {
      const added = read(more)
      entries = [...entries, ...added]
      return () => {
        entries = entries.filter(entry => !added.includes(entry))
      }
    },
    set(more) {
      entries = read(more)
    },
    clear() {
      entries = []
    },
    list: () => entries.map(({ rule, seen, hit }) => ({ ...rule, seen, hit })),
    next(kinds) {
      const faults: CallFaults = { slowMs: 0, chunkMs: 0, isVmReplaced: false }
      for (const entry of entries) {
        if (!isHit(entry, kinds)) continue
        apply(entry.rule, faults)
        // The call ends here: what comes later in the list never sees it.
        if (faults.refuse) break
      }
      return faults
    },
  }
}

/** One draw for each call that it looks at, so that the same seed hits the same calls. */
function isHit(entry: Entry, kinds: readonly CallKind[]): boolean {
  const { kind, rate = 1, count = Number.POSITIVE_INFINITY, skip = 0 } = entry.rule
  if (kind !== undefined && !kinds.includes(kind)) return false
  const isDrawn = entry.random() < rate
  if (entry.seen++ < skip || entry.hit >= count || !isDrawn) return false
  entry.hit++
  return true
}

function apply(rule: ChaosRule, faults: CallFaults): void {
  switch (rule.fault) {
    case 'slow':
      faults.slowMs += rule.ms ?? 0
      faults.chunkMs += rule.chunkMs ?? 0
      return
    case 'replace-vm':
      faults.isVmReplaced = true
      return
    case 'late':
      faults.late = rule
      return
    case 'reset':
      if (rule.bytes === undefined) faults.refuse = rule
      else faults.cutAfter = rule.bytes
      return
    case 'throttle':
    case 'status':
      faults.refuse = rule
      return
    default:
      rule.fault satisfies never
  }
}
