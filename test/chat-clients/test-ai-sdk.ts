import { expect, test } from 'vitest'
import { uiMessageStream } from './ai-sdk-protocol.ts'
import { type ChatHook, openInReact } from './open-in-react.ts'
import { openPage } from './support.ts'
import { testChatClient } from './test-chat-client.ts'

/** What every version of the AI SDK has to do; its hook takes the address of the chat route, too. */
export function testAiSdk(version: string, useChatAt: (api: string, fetch: typeof globalThis.fetch) => ChatHook): void {
  const openWith = (api?: string) => openInReact((fetch, page) => useChatAt(api ?? page.api, fetch))

  testChatClient(`${version} (assistant-ui #3578, #4929)`, uiMessageStream, openWith())

  testChatClient(`${version} and the app's own chat route`, uiMessageStream, openWith('/api/chat'))

  test(`${version} sends cookies to an endpoint of another origin, although it names no credentials itself`, async () => {
    const page = openPage(uiMessageStream, { origin: 'https://agents.example', warmOn: 'manual' })
    const chat = openWith()(page)
    chat.say('hello')
    await page.until(() => chat.shown() === 'You said hello.')
    expect(page.messages).toMatchObject([{ credentials: 'include', outcome: 'cold' }])
    await chat.leave()
  })
}
