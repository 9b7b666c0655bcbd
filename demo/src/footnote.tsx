import { useEffect, useState } from 'react'
import type { DemoDescription } from '../demo-description.ts'
import { formatSeconds } from './comparison-state.ts'

/** What runs here, without embellishment. */
export function Footnote() {
  const [demo, setDemo] = useState<DemoDescription>()
  useEffect(() => {
    const abort = new AbortController()
    fetch('/api/demo', { signal: abort.signal })
      .then(answer => answer.json())
      .then(setDemo, () => {})
    return () => abort.abort()
  }, [])
  if (!demo) return <footer className="footnote" />
  return (
    <footer className="footnote">
      <h2>What runs here</h2>
      <p>
        {demo.runsOn === 'emulator'
          ? `warm-agent’s emulator of Amazon Bedrock AgentCore on this machine, not AWS. Each session is a real agent process that starts after a delay like the cold starts measured on AWS (median ${formatSeconds(demo.boot.medianMs)}, p99 ${formatSeconds(demo.boot.p99Ms)}).`
          : `Amazon Bedrock AgentCore in ${demo.region}, with this demo’s agent deployed there: the waits are those of your own runtime.`}{' '}
        The agent is a search over this repository’s documentation and no language model; it speaks at about{' '}
        {demo.tokensPerSecond} tokens a second, as a model would. Both chats use the same client, proxy and agent: only
        one of them was warmed. Times are measured in this page, from Enter to the first token. With the{' '}
        <a href="?devtools">devtools</a> you see the warm session’s events, and can make trouble for it.
      </p>
    </footer>
  )
}
