import { addFile } from './add-file.ts'
import type { Change } from './change.ts'
import type { Project } from './project.ts'

const react = `'use client'

import { useWarmAgentSession } from '@warm-agent/react'

/** The agent's session of this page. Give its \`fetch\` to your chat client, which sends to /api/agent/messages. */
export function useAgent() {
  return useWarmAgentSession({ endpoint: '/api/agent' })
}
`

const plain = `import { createWarmSession } from '@warm-agent/client'

/** The agent's session of this page. Give its \`fetch\` to your chat client, which sends to /api/agent/messages. */
export const agentSession = createWarmSession({ endpoint: '/api/agent' })
agentSession.mount()
`

/** The page's half: a hook where there is React, else a session. */
export function addHook(project: Project, folder: string, extension: string): { changes: Change[]; needs: string } {
  if (project.rangeOf('react') === undefined) {
    return { changes: addFile(project, `${folder}agent-session.${extension}`, plain), needs: '@warm-agent/client' }
  }
  return { changes: addFile(project, `${folder}use-agent.${extension}`, react), needs: '@warm-agent/react' }
}
