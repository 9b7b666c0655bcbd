// @vitest-environment jsdom

import { useChat } from 'ai-sdk-react4'
import { DefaultChatTransport } from 'ai7'
import { textOf } from './ai-sdk-protocol.ts'
import { testAiSdk } from './test-ai-sdk.ts'

testAiSdk('AI SDK 7', (api, fetch) => {
  const { messages, sendMessage, stop } = useChat({ transport: new DefaultChatTransport({ api, fetch }) })
  return {
    say: text => sendMessage({ text }),
    stop,
    answers: messages.filter(({ role }) => role === 'assistant').map(textOf),
  }
})
