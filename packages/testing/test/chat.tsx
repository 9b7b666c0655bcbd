import { useWarmAgentSession } from '@warm-agent/react'
import { useState } from 'react'

/** A tiny chat, as a user of the kit would write it. */
export function Chat() {
  const { status, outcome, fetch } = useWarmAgentSession()
  const [answer, setAnswer] = useState('')

  async function send() {
    const response = await fetch('/api/agent/messages', { method: 'POST', body: 'Hello' })
    setAnswer(await response.text())
  }

  return (
    <main>
      <p role="status">
        {status} {outcome}
      </p>
      <button type="button" onClick={() => void send()}>
        Send
      </button>
      <p role="log">{answer}</p>
    </main>
  )
}
