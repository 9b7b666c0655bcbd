import type { CheckName, Verdict } from './finding.ts'

/** What the parts of the examination share. */
export interface Examination {
  /** Reports a check. @param of Which proxy, where there are several. */
  tell(check: CheckName, verdict: Verdict, of?: string): void
  /** Notes a value that is sent to others, who may echo it: no report shows it. */
  hide(value: string | undefined, isSecret?: boolean): void
  /** Tells the waiting user what is being done now. */
  step(text: string): void
  /** Counts a session of its own that could not be stopped. */
  leave(): void
  /** Aborts when the user interrupts. What was started is stopped then. */
  signal: AbortSignal
}
