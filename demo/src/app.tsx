import { useState } from 'react'
import { Conversation } from './conversation.tsx'

/** A conversation at a time. A new one begins with new sessions and an empty timeline. */
export function App() {
  const [conversation, setConversation] = useState({ number: 0, startedAtMs: 0 })
  return (
    <Conversation
      key={conversation.number}
      startedAtMs={conversation.startedAtMs}
      onRestart={() => setConversation(({ number }) => ({ number: number + 1, startedAtMs: performance.now() }))}
    />
  )
}
