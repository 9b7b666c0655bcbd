'use client'

import { createDevtools, WarmAgentDevtools } from '@warm-agent/react/devtools'
import { useAgent } from './use-agent'

const devtools = createDevtools()

export function Chat() {
  const session = useAgent()
  return (
    <>
      <output>The agent is {session.status}.</output>
      <WarmAgentDevtools devtools={devtools} session={session} />
    </>
  )
}
