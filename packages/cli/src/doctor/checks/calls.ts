import { saw, skipped, type Verdict, wrong } from '../finding.ts'

export interface CallFacts {
  made: number
  /** What failed and was tried again, in the platform's words; 409 while a session starts is no failure. */
  failed: readonly string[]
}

/** Whether calls fail now and then, which retries hide. */
export function judgeCalls({ made, failed }: CallFacts): Verdict {
  if (made === 0) return skipped('none was made')
  const kinds = [...new Set(failed)]
  return saw(
    `${made} calls to the runtime, ${failed.length === 0 ? 'none failed' : `${failed.length} failed`}`,
    kinds.length > 0 &&
      wrong(
        'calls-fail',
        `${failed.length} of ${made} calls to the runtime failed: ${kinds.slice(0, 3).join('; ')}`,
        'Warm-ups are tried again, which takes time; a message is not where the agent may have run already, so that its user sees an error.',
        'For 429 compare quotas with warm-agent plan; for 424 and 5xx look at the logs of the runtime in CloudWatch.',
      ),
  )
}
