import { type Finding, inWords, risk, saw, type Verdict, wrong } from '../finding.ts'
import { isTicketRefused, keepTicketsGood } from './ticket-refused.ts'

/** A message on a warmed session, by one way to the agent. */
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
  /**
   * The microVM that answered, by the nonce that it had kept. `warmed`: that of the warm-up; `fresh`: that of the message, so it
   * was never warmed; `ended`: there was no answer, and afterwards there was another microVM.
   */
  vm: 'warmed' | 'fresh' | 'ended' | 'unknown'
  /** Why a message was not answered, and whether the agent itself said so. */
  failure?: { said: string; isOfAgent: boolean }
}

/**
 * Whether a message really lands on the microVM that was warmed for it, and is answered.
 *
 * @param isGuess Whether the message is our own guess: the agent may expect another form.
 * @param unexplained There is a session that did not become warm, and no check found why: what the platform said.
 */
export function judgeCanary(
  canaries: readonly Canary[],
  isGuess: boolean,
  unexplained?: { said: string | undefined },
): Verdict {
  // The same message went by every way. Only the runtime itself tells the status that the agent gave.
  const isRefused = canaries.some(({ failure }) => failure?.isOfAgent && /Received error \(4\d\d\)/.test(failure.said))
  const told = canaries.map(
    ({ by, outcome = 'warm', vm, answeredInMs, warmedInMs, source }) =>
      `${by}: ${outcome}, ${answeredInMs === undefined ? 'no answer' : inWords(answeredInMs)} after a warm-up of ${inWords(warmedInMs)}${source === 'pool' ? ' from a pool' : ''}${vmWords[vm] ?? ''}`,
  )
  return saw(
    told.join('; ') || 'no session became warm',
    unexplained && nothingWarm(unexplained.said),
    ...canaries.flatMap(canary => [usedFinding(canary), failureFinding(canary, isGuess || isRefused)]),
  )
}

const vmWords: Partial<Record<Canary['vm'], string>> = { unknown: ', the VM not known', ended: ', the VM gone' }

function nothingWarm(said: string | undefined): Finding {
  return wrong(
    'nothing-warm',
    'A session that was to be warmed did not become warm, and no other check knows why.',
    `Messages start cold.${said === undefined ? '' : ` The platform says: ${said}`}`,
    'See the log of the proxy, and the logs of the runtime in CloudWatch; run doctor again.',
  )
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

function failureFinding({ by, failure, vm }: Canary, mayBeItsForm: boolean): Finding | undefined {
  if (!failure) return undefined
  const { said, isOfAgent } = failure
  if (vm === 'ended') {
    return wrong(
      'vm-ended',
      `The microVM ended while it answered the message by ${by}: ${said}`,
      'Its user sees an error, what the VM remembered is lost, and the next message starts cold.',
      'See whether the agent crashes or runs out of memory (logs in CloudWatch). A message that it does not understand should not end it either.',
    )
  }
  if (isTicketRefused(said)) {
    return wrong(
      'message-fails',
      `A message by ${by} on a warm session failed: ${said}`,
      'A page sends such a message again without its ticket: it starts cold, and the session that was warmed costs for nothing.',
      keepTicketsGood,
    )
  }
  return isOfAgent && mayBeItsForm
    ? risk(
        'message-not-understood',
        `The agent did not answer the message by ${by}: ${said}`,
        'Whether it answers your pages is not known, and streaming could not be looked at. Perhaps it is only that the agent takes messages of another form.',
        'Give --message what your pages send to it; when it is that, look at its logs.',
      )
    : wrong(
        'message-fails',
        `A message by ${by} on a warm session failed: ${said}`,
        'A message is not sent again where the agent may have run already: its user sees an error.',
        isOfAgent
          ? "Look at the agent's logs, and whether --message is what your pages send to it."
          : 'For 429 compare quotas with warm-agent plan; for 5xx look at the logs of the runtime and at what is between.',
      )
}
