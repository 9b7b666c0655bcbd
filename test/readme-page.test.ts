// @vitest-environment jsdom
// The front page's component, as it stands there, in a page with a played proxy.
import './chat-clients/one-realm.ts'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { warmAgentHandlers } from '@warm-agent/testing'
import { setupServer } from 'msw/node'
import { createElement, type FunctionComponent } from 'react'
import { afterAll, afterEach, expect, test } from 'vitest'
import { uiMessageStream } from './chat-clients/ai-sdk-protocol.ts'
import { snippetWith } from './support/readme-snippets.ts'

const directory = join(import.meta.dirname, '.snippets-page')
const server = setupServer()
server.listen()
afterEach(cleanup)
afterAll(async () => {
  server.close()
  await rm(directory, { recursive: true, force: true })
})

test('the page of the front page warms up when it is opened, and its first message finds the agent warm', async () => {
  const answer = uiMessageStream.answer('Good morning.').join('')
  const proxy = warmAgentHandlers({ answer })
  server.use(...proxy)
  const Page = await componentOf(await snippetWith('README.md', 'useWarmAgentSession('))
  render(createElement(Page))
  await screen.findByText('warm')
  fireEvent.click(screen.getByRole('button'))
  await screen.findByText('Good morning.')
  expect(proxy.seen.messages.map(({ outcome }) => outcome)).toEqual(['warm'])
})

/** The block's imports, then a component around the rest, in a chat that shows everything. */
async function componentOf(code: string): Promise<FunctionComponent> {
  const [imports, body] = code.split('\n\n')
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'page.tsx')
  await writeFile(
    file,
    `import { useChat } from 'ai-sdk-react4'
import { DefaultChatTransport } from 'ai7'
${imports}
export function Page() {
${body}
  const text = chat.messages.flatMap(({ parts }) => parts).map(part => (part.type === 'text' ? part.text : '')).join(' ')
  const answer = chat.messages.filter(({ role }) => role === 'assistant').flatMap(({ parts }) => parts)
  return <main><p>{status}</p><button onClick={() => chat.sendMessage({ text: 'Hi' })} />{
    answer.map((part, index) => <p key={index}>{part.type === 'text' && part.text}</p>)}</main>
}
`,
  )
  const { Page } = await import(/* @vite-ignore */ file)
  return Page
}
