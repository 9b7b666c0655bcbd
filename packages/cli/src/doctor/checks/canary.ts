import { type Finding, inWords, saw, type Verdict, wrong } from '../finding.ts'

/** A message on a session that was warmed before, by one way. */
export interface Canary {
  /** The proxy, or the runtime itself. */
  by: string
  warmedInMs: number
  /** `pool` when the session came out of one. */
  source: 'started' | 'pool'
  evidence: 'observed' | 'assumed'
  /** What the proxy said of the message; absent where there is no proxy. */
  outcome: string | undefined
  /** From sending to the first byte. */
  answeredInMs: number
  /** Whose nonce the microVM that answered had kept: of the warm-up before, or of the message itself, so that it was never warmed. */
  vm: 'warmed' | 'fresh' | 'unknown'
}

/** Whether a message really lands on the microVM that was warmed for it. */
export function judgeCanary(canaries: readonly Canary[]): Verdict {
  const told = canaries.map(
    ({ by, outcome = 'warm', vm, answeredInMs, warmedInMs, source }) =>
      `${by}: ${outcome}, ${inWords(answeredInMs)} after a warm-up of ${inWords(warmedInMs)}${source === 'pool' ? ' from a pool' : ''}${vm === 'unknown' ? ', the VM not known' : ''}`,
  )
  return saw(told.join('; '), ...canaries.map(findingOf))
}

function findingOf({ by, outcome, vm }: Canary): Finding | undefined {
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
