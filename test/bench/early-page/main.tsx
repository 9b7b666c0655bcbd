import { useWarmAgentSession } from '@warm-agent/react'
import { useChat } from 'ai-sdk-react4'
import { DefaultChatTransport } from 'ai7'
import { marked } from 'marked'
import { useState } from 'react'
import { createRoot } from 'react-dom/client'

/** A chat as people build them: React, the AI SDK, Markdown. Its bundle is what the session would have to wait for. */
function Chat() {
  const { fetch, status } = useWarmAgentSession()
  const [transport] = useState(() => new DefaultChatTransport({ api: '/api/agent/messages', fetch }))
  const { messages, sendMessage } = useChat({ transport })
  return (
    <main data-status={status}>
      {messages.map(({ id, parts }) => (
        <p key={id}>{parts.map(part => (part.type === 'text' ? marked.parseInline(part.text) : ''))}</p>
      ))}
      <input
        onKeyDown={({ key, currentTarget }) => key === 'Enter' && void sendMessage({ text: currentTarget.value })}
      />
    </main>
  )
}

createRoot(document.getElementById('root') as HTMLElement).render(<Chat />)
