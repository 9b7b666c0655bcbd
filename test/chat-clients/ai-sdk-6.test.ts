// @vitest-environment jsdom

import { useChat } from 'ai-sdk-react3'
import { DefaultChatTransport } from 'ai6'
import { textOf } from './ai-sdk-protocol.ts'
import { testAiSdk } from './test-ai-sdk.ts'

testAiSdk('AI SDK 6', (api, fetch) => {
  const { messages, sendMessage, stop } = useChat({ transport: new DefaultChatTransport({ api, fetch }) })
  return {
    say: text => sendMessage({ text }),
    stop,
    answers: messages.filter(({ role }) => role === 'assistant').map(textOf),
  }
})
