import type { CheckName, Verdict } from './finding.ts'
import type { Redactor } from './redact.ts'

/** What the parts of the examination share. */
export interface Examination extends Pick<Redactor, 'hide'> {
  /** Reports a check. @param of Which proxy, where there are several. */
  tell(check: CheckName, verdict: Verdict, of?: string): void
  /** Tells the waiting user what is being done now. */
  step(text: string): void
  /** Counts a session of its own that could not be stopped. */
  leave(): void
  /** Aborts when the user interrupts. What was started is stopped then. */
  signal: AbortSignal
}
