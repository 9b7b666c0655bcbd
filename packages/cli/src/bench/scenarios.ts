/** What a bench measures: a first message, and what came before it. */
export const scenarioNames = ['cold', 'naive', 'joined', 'warm', 'pool', 'steady'] as const
export type ScenarioName = (typeof scenarioNames)[number]

export interface ScenarioPlan {
  /** One line for people. */
  description: string
  /** What sends the message: our proxy, a caller with a warm pool of its own, or the AWS SDK as AWS's samples use it. */
  path: 'proxy' | 'pool' | 'sdk'
  /** What happens before the message that is measured. */
  before: 'nothing' | 'ping' | 'open' | 'open-and-message'
  /** When that message is due in a closed loop. */
  sends: 'at once' | 'after the delay' | 'once warm'
}

export const scenarioPlans: Readonly<Record<ScenarioName, ScenarioPlan>> = {
  cold: {
    description: 'no warm-up: the message starts the microVM',
    path: 'proxy',
    before: 'nothing',
    sends: 'at once',
  },
  naive: {
    description: 'the usual snippet: an id and a ping on open, the message by the AWS SDK with its defaults',
    path: 'sdk',
    before: 'ping',
    sends: 'after the delay',
  },
  joined: {
    description: 'the message comes while its warm-up is in flight, and waits for it',
    path: 'proxy',
    before: 'open',
    sends: 'after the delay',
  },
  warm: {
    description: 'warmed up on open; the message comes afterwards',
    path: 'proxy',
    before: 'open',
    sends: 'once warm',
  },
  pool: {
    description: 'no page was open: the message claims a session of the warm pool',
    path: 'pool',
    before: 'nothing',
    sends: 'at once',
  },
  steady: {
    description: 'the second message of a conversation: what a running microVM answers in',
    path: 'proxy',
    before: 'open-and-message',
    sends: 'once warm',
  },
}

/**
 * How long before its message is due a visit must begin in an open loop, in milliseconds.
 *
 * @param delayMs How long after the page was opened an early message comes.
 * @param leadMs How long the page is open before a message that is to find it warm.
 */
export function headStartMs(name: ScenarioName, { delayMs, leadMs }: { delayMs: number; leadMs: number }): number {
  const { sends } = scenarioPlans[name]
  if (sends === 'after the delay') return delayMs
  return sends === 'once warm' ? leadMs : 0
}
