import { createWarmSession } from '@warm-agent/client'
import { useWarmAgentSession, WarmAgentProvider } from '@warm-agent/react'
import { createDevtools, WarmAgentDevtools } from '@warm-agent/react/devtools'
import { createRoot } from 'react-dom/client'

const devtools = createDevtools()
const session = createWarmSession(devtools.watch({ endpoint: '/api/agent' }))

function Chat() {
  const { status, outcome, fetch, warm, close } = useWarmAgentSession()
  const send = () => fetch('/api/agent/messages', { method: 'POST', body: '{"prompt":"hello"}' })
  return (
    <main>
      <button type="button" onClick={send}>
        Say hello
      </button>
      {status} {outcome}
      <WarmAgentDevtools devtools={devtools} session={{ warm, close }} />
    </main>
  )
}

const root = document.getElementById('root')
if (!root) throw new Error('Could not show the chat: the page has no root.')
createRoot(root).render(
  <WarmAgentProvider session={session}>
    <Chat />
  </WarmAgentProvider>,
)
