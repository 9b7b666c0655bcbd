import { expect, test } from 'vitest'
import { compose } from './compose.ts'
import { createSearch } from './search.ts'
import { splitIntoSections } from './sections.ts'

const page = {
  path: 'README.md',
  markdown: `# Kit

A kit for chat pages.

## Tickets

A ticket is sealed and bound to the caller. It names the session.

It is opaque to browsers.

## Costs

An idle session is billed for memory until it ends. A second price follows:

| part | price |
|---|---|
| memory of an idle session | 0.0051 |

## Install

Run the command:

\`\`\`sh
npm ci && npm run demo
\`\`\`
`,
}
const search = createSearch(splitIntoSections(page))
const ask = (question: string) => compose(question, search(question))

test.each([
  ['What is a ticket?', 'Tickets', 'A ticket is sealed and bound to the caller.'],
  ['how are TICKETS sealed', 'Tickets', 'It is opaque to browsers.'],
  ['What does an idle session cost?', 'Costs', '| memory of an idle session | 0.0051 |'],
  ['npm run demo', 'Install', 'Run the command:\n\n```sh\nnpm ci && npm run demo\n```'],
])('%j is answered from %s', (question, title, text) => {
  const answer = ask(question)
  expect(answer.text).toContain(text)
  expect(answer.sources[0]).toEqual({ title, path: 'README.md' })
})

test.each(['Where do I buy bread in Paris?', 'hello', '?!', 'the what of it', 'sealed crocodiles love swimming pools'])(
  '%j finds nothing, and the answer says so and offers questions',
  question => {
    const answer = ask(question)
    expect(answer.text).toContain('I found nothing')
    expect(answer.text).toContain('- ')
    expect(answer.sources).toEqual([])
  },
)

test('code that matches best is quoted, with what introduces it, however long that is', () => {
  const long = { path: 'a.md', markdown: `# A\n\n${'word '.repeat(150)}\n\n\`\`\`ts\nhono()\n\`\`\`\n` }
  expect(compose('hono', createSearch(splitIntoSections(long))('hono')).text).toContain('hono()')
})

test('a long question is not repeated whole', () => {
  expect(ask('crocodile '.repeat(100)).text.length).toBeLessThan(700)
})
