'use client'

export { createDevtools, type Devtools } from './create-devtools.ts'
export { WarmAgentDevtools, type WarmAgentDevtoolsProps } from './warm-agent-devtools.tsx'
