// @vitest-environment jsdom

import { useChat } from 'ai-sdk-react3'
import { DefaultChatTransport } from 'ai6'
import { expect, test } from 'vitest'
import { textOf, uiMessageStream } from './ai-sdk-protocol.ts'
import { openInReact } from './open-in-react.ts'
import { openPage } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

const openWith = (api?: string) =>
  openInReact((fetch, page) => {
    const transport = new DefaultChatTransport({ api: api ?? page.api, fetch })
    const { messages, sendMessage, stop } = useChat({ transport })
    return {
      say: text => sendMessage({ text }),
      stop,
      answers: messages.filter(({ role }) => role === 'assistant').map(textOf),
    }
  })

testChatClient('AI SDK 6 (assistant-ui #3578, #4929)', uiMessageStream, openWith())

testChatClient("AI SDK 6 and the app's own chat route", uiMessageStream, openWith('/api/chat'))

test('AI SDK 6 sends cookies to an endpoint of another origin, although it names no credentials itself', async () => {
  const page = openPage(uiMessageStream, { origin: 'https://agents.example', warmOn: 'manual' })
  const chat = openWith()(page)
  chat.say('hello')
  await page.until(() => chat.shown() === 'You said hello.')
  expect(page.messages).toMatchObject([{ credentials: 'include', outcome: 'cold' }])
  await chat.leave()
})
