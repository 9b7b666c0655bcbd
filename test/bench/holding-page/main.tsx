import { useWarmAgentSession } from '@warm-agent/react'
import { createRoot } from 'react-dom/client'

let renders = 0

/** Counts how often the hook makes its component render. */
function Page() {
  const { status } = useWarmAgentSession()
  renders += 1
  Reflect.set(globalThis, 'renders', renders)
  return <main data-status={status} />
}

createRoot(document.getElementById('root') as HTMLElement).render(<Page />)
