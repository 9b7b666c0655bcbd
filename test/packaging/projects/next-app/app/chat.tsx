'use client'

import { useAgent } from './use-agent'

export function Chat() {
  const { status } = useAgent()
  return <output>The agent is {status}.</output>
}
