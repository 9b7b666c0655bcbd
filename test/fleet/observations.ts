import type { Ledger } from '@warm-agent/emulator'
import type { Leaving } from './fleet-plan.ts'
import type { FleetProxy } from './proxy-fleet.ts'
import type { Run } from './recording-agent.ts'

/** A message as its browser saw it. */
export interface SentMessage {
  id: string
  browser: number
  sentAtMs: number
  /** Who took it. */
  proxy: FleetProxy
  /**
   * `answered`: the whole answer; `cut`: a part, and a connection that broke; `short`: a part that passed itself off as
   * whole; `foreign`: somebody else's; `refused`: an error of the proxy; `unknown`: the connection broke before any answer.
   */
  saw: 'answered' | 'cut' | 'short' | 'foreign' | 'refused' | 'unknown'
  /** Of an answer: what it found. */
  outcome?: string
  /** Of an error. */
  status?: number
  code?: string
}

/** How a page left, once the fleet had taken notice. */
export interface Farewell {
  browser: number
  leaving: Leaving
  /** When the fleet had answered. */
  atMs: number
  parkMs: number
  proxy: FleetProxy
}

export interface Happening {
  what: 'proxy-killed' | 'redis-restarted' | 'interrupted'
  atMs: number
  /** When what was taken away was back. */
  overAtMs: number
}

/** Everything that was seen of a run, from both of its ends. */
export interface Observations {
  messages: SentMessage[]
  farewells: Farewell[]
  /** What came of opening a session, and how often: `warmed`, `failed`, `left`, `broken`, or `refused by` a limit. */
  opened: Record<string, number>
  /** Uses of a stolen ticket, and how many were let. */
  thefts: { tried: number; let: number }
  beats: { answered: number; expired: number; failed: number }
  happenings: Happening[]
  runs: readonly Run[]
  books: Ledger
  /** How often chaos made a message fail so that nobody may send it again, and how often it cut an answer. */
  faults: { ofMessages: number; cuts: number }
  /** Statuses with which the proxies ended that were asked to. */
  exits: (number | null)[]
  /** Proxies that ended without being asked to. */
  died: number
}
