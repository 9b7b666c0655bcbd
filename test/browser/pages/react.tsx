import { useWarmAgentSession, type WarmAgentSession } from '@warm-agent/react'
import { StrictMode, useEffect } from 'react'
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import { components, exposePage, options } from './page.ts'

let latest: WarmAgentSession

function Chat() {
  page.renders++
  const session = useWarmAgentSession(options)
  useEffect(() => {
    page.mounts++
  }, [])
  useEffect(() => {
    latest = session
  })
  return <output>{session.status}</output>
}

const names = ['first', 'second', 'third', 'fourth', 'fifth']
const root = createRoot(document.body)

function show(count: number) {
  flushSync(() => {
    root.render(
      <StrictMode>
        {names.slice(0, count).map(name => (
          <Chat key={name} />
        ))}
      </StrictMode>,
    )
  })
}

exposePage(() => latest, {
  show,
  async storm(times) {
    for (let time = 0; time < times; time++) {
      show(0)
      // Every other remount comes in the same task, as a key that changes does; the rest later, as a route that changes.
      if (time % 2) await new Promise(resolve => setTimeout(resolve, 10))
      show(1)
    }
  },
})
show(components)
