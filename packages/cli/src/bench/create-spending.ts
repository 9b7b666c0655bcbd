import { type Footprint, sessionDollars } from './bench-cost.ts'

interface Totals {
  sessions: number
  heldMs: number
}

/** What the sessions of a bench have cost, scenario after scenario, and whether that leaves enough for one more. */
export interface Spending {
  /** Asked before each visit, with the books of its scenario. @returns whether it may begin; it counts from then on. */
  mayBegin(books: Totals & { running: number }): boolean
  /** Takes down what a scenario came to. */
  add(totals: Totals): void
  /** Whether a visit was refused. */
  isOver(): boolean
  totals(): Totals & { dollars: number }
}

/** @param reserveMs For how much longer each session that runs, or is to begin, is expected to be held. */
export function createSpending(footprint: Footprint, maxDollars: number, reserveMs: number): Spending {
  let past: Totals = { sessions: 0, heldMs: 0 }
  /** Visits of the present scenario. Each makes a session, sooner or later. */
  let begun = 0
  let isOver = false

  function dollarsWithOneMore(books: Totals & { running: number }): number {
    const soFar = {
      sessions: past.sessions + Math.max(books.sessions, begun),
      heldMs: past.heldMs + books.heldMs,
    }
    const reserve = { sessions: 1, heldMs: (books.running + 1) * reserveMs }
    return sessionDollars(soFar, footprint) + sessionDollars(reserve, footprint)
  }

  return {
    mayBegin(books) {
      isOver ||= dollarsWithOneMore(books) > maxDollars
      if (!isOver) begun += 1
      return !isOver
    },
    add({ sessions, heldMs }) {
      past = { sessions: past.sessions + sessions, heldMs: past.heldMs + heldMs }
      begun = 0
    },
    isOver: () => isOver,
    totals: () => ({ ...past, dollars: sessionDollars(past, footprint) }),
  }
}
