// @vitest-environment jsdom

import { HttpAgent } from '@ag-ui/client'
import { openInPage, sse } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

interface RunInput {
  threadId: string
  runId: string
  messages: { role: string; content?: unknown }[]
}

const protocol = {
  questionIn: ({ messages }: RunInput) => String(messages.at(-1)?.content),
  answer(text: string, { threadId, runId }: RunInput) {
    const messageId = `answer to ${runId}`
    return [
      { type: 'RUN_STARTED', threadId, runId },
      { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant' },
      ...text.split(/(?= )/).map(delta => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta })),
      { type: 'TEXT_MESSAGE_END', messageId },
      { type: 'RUN_FINISHED', threadId, runId },
    ].map(event => sse(event))
  },
}

testChatClient(
  'AG-UI (CopilotKit #2624)',
  protocol,
  openInPage((fetch, { api: url }) => {
    const agent = new HttpAgent({ url, fetch })
    return {
      say(content) {
        agent.addMessage({ id: crypto.randomUUID(), role: 'user', content })
        return agent.runAgent()
      },
      stop: () => agent.abortRun(),
      shown: () => agent.messages.map(({ role, content }) => (role === 'assistant' ? content : '')).join(''),
    }
  }),
)
