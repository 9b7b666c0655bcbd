import { useWarmAgentSession } from '@warm-agent/react'

/** The test edits it while it is shown. */
export function HotChat() {
  const { status } = useWarmAgentSession()
  return <output>before: {status}</output>
}
