import type { Outcome } from '@warm-agent/protocol'

/** What each outcome means, for somebody who reads it under an answer. */
export const outcomeTexts: Record<Outcome, string> = {
  warm: 'The agent was running.',
  joined: 'The message waited for the warm-up in flight.',
  rewarmed: 'The session was lost; this message started it again.',
  cold: 'This message had to start the agent.',
}
