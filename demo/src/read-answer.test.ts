import { expect, test } from 'vitest'
import { readAnswer } from './read-answer.ts'

const bodyOf = (...chunks: string[]) => new Blob(chunks).stream() as ReadableStream<Uint8Array>

test('the text arrives in order, and at the end the sources and what was reloaded', async () => {
  const texts: string[] = []
  const end = await readAnswer(
    bodyOf(
      'data: {"text":"A"}\n\ndata: {"te',
      'xt":"ä"}\n\n',
      'data: {"done":true,"sources":[{"title":"T","path":"p"}],"reloaded":2}\n\n',
    ),
    text => texts.push(text),
  )
  expect(texts).toEqual(['A', 'ä'])
  expect(end).toEqual({ done: true, sources: [{ title: 'T', path: 'p' }], reloaded: 2 })
})

test.each([
  ['an answer that breaks off', 'data: {"text":"A"}\n\n', 'broke off'],
  ['an error of the agent', 'event: error\ndata: {"error":"Index is gone"}\n\n', 'Index is gone'],
])('%s is an error', async (_, body, message) => {
  await expect(readAnswer(bodyOf(body), () => {})).rejects.toThrow(message)
})
