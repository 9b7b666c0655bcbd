// @vitest-environment jsdom

import { FetchStreamTransport, useStream } from '@langchain/langgraph-sdk/react'
import { useMemo } from 'react'
import { answersIn, langGraphStream } from './langgraph-protocol.ts'
import { openInReact } from './open-in-react.ts'
import { testChatClient } from './test-chat-client.ts'

testChatClient(
  'LangGraph useStream',
  langGraphStream,
  openInReact((fetch, { api: apiUrl }) => {
    const transport = useMemo(() => new FetchStreamTransport({ apiUrl, fetch }), [apiUrl, fetch])
    const { messages, submit, stop } = useStream({ transport })
    return {
      say: content => submit({ messages: [{ type: 'human', content }] }),
      stop,
      answers: answersIn(messages),
    }
  }),
)
