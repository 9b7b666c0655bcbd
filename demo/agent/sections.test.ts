import { expect, test } from 'vitest'
import { splitIntoSections } from './sections.ts'

const markdown = `Before any heading.

# Kit

Intro.

## A \`b\` [c](d)

- one
- two

### Deeper

\`\`\`ts
# no heading
\`\`\`

## Empty

# Second
<br>

Text.
`

test('a page is split at its headings, each with the titles above it, and nothing without text of its own', () => {
  expect(
    splitIntoSections({ path: 'p.md', markdown }).map(({ title, trail, blocks }) => ({ title, trail, blocks })),
  ).toEqual([
    { title: 'Kit', trail: [], blocks: ['Intro.'] },
    { title: 'A b c', trail: ['Kit'], blocks: ['- one\n- two'] },
    { title: 'Deeper', trail: ['Kit', 'A b c'], blocks: ['```ts\n# no heading\n```'] },
    { title: 'Second', trail: [], blocks: ['Text.'] },
  ])
})

test('every section has an id of its own', () => {
  const ids = splitIntoSections({ path: 'p.md', markdown }).map(({ id }) => id)
  expect(new Set(ids).size).toBe(4)
})
