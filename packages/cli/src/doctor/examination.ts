import type { CheckName, Verdict } from './finding.ts'

/** How a part of the examination reports what it sees. */
export interface Examination {
  /** A check is done. @param of which proxy, where there are several */
  tell(check: CheckName, verdict: Verdict, of?: string): void
  /** What is being done now, for the user who waits. */
  step(text: string): void
  /** A session of its own could not be stopped. */
  leave(): void
  /** Aborts when it is to end; what was started is stopped then. */
  signal: AbortSignal
}
