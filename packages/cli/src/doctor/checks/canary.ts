import { type Finding, inWords, risk, saw, type Verdict, wrong } from '../finding.ts'

/** A message on a session that was warmed before, by one way. */
export interface Canary {
  /** The proxy, or the runtime itself. */
  by: string
  warmedInMs: number
  /** `pool` when the session came out of one. */
  source: 'started' | 'pool'
  /** What the proxy said of the message; absent where there is no proxy. */
  outcome: string | undefined
  /** From sending to the first byte; absent when no answer came. Milliseconds. */
  answeredInMs: number | undefined
  /** Whose nonce the microVM that answered had kept: of the warm-up before, or of the message itself, so that it was never warmed. */
  vm: 'warmed' | 'fresh' | 'unknown'
  /** Why a message was not answered, and whether the agent itself said so. */
  failure?: { said: string; isOfAgent: boolean }
}

/** Whether a message really lands on the microVM that was warmed for it. */
export function judgeCanary(canaries: readonly Canary[]): Verdict {
  const told = canaries.map(
    ({ by, outcome = 'warm', vm, answeredInMs, warmedInMs, source }) =>
      `${by}: ${outcome}, ${answeredInMs === undefined ? 'no answer' : inWords(answeredInMs)} after a warm-up of ${inWords(warmedInMs)}${source === 'pool' ? ' from a pool' : ''}${vm === 'unknown' ? ', the VM not known' : ''}`,
  )
  return saw(told.join('; '), ...canaries.flatMap(canary => [usedFinding(canary), failureFinding(canary)]))
}

function usedFinding({ by, outcome, vm }: Canary): Finding | undefined {
  if (vm === 'fresh') {
    const isMislabelled = outcome === 'warm' || outcome === 'joined'
    return wrong(
      'warm-session-not-used',
      `A message by ${by} was answered by a microVM that was never warmed${isMislabelled ? `, although it was called ${outcome}` : ''}.`,
      'Warming is paid for and saves nothing: every first message goes cold.',
      'See whether the chat route passes the session on that proxy.session(request) gives (id and qualifier, both), and whether two proxies share one secret.',
    )
  }
  if (outcome !== undefined && outcome !== 'warm' && outcome !== 'joined') {
    return wrong(
      'warm-session-lost',
      `A message by ${by}, sent right after its warm-up, found its session "${outcome}".`,
      'Warming is paid for and saves nothing: first messages go cold.',
      'See whether the ticket comes back (cookies, CORS, a cache in between), whether all instances have the same WARM_AGENT_SECRET, and whether the agent crashes.',
    )
  }
  return undefined
}

function failureFinding({ by, failure }: Canary): Finding | undefined {
  if (!failure) return undefined
  const { said, isOfAgent } = failure
  return isOfAgent
    ? risk(
        'message-not-understood',
        `The agent did not answer the message by ${by}: ${said}`,
        'Streaming could not be looked at. Perhaps it is only that the agent takes messages of another form.',
        'Give --message what your pages send to it; when it is that, look at its logs.',
      )
    : wrong(
        'message-fails',
        `A message by ${by} on a warm session failed: ${said}`,
        'A message is not sent again where the agent may have run already: its user sees an error.',
        'For 429 compare quotas with warm-agent plan; for 5xx look at the logs of the runtime and at what is between.',
      )
}
