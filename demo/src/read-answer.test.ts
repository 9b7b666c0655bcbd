import { expect, test } from 'vitest'
import { readAnswer } from './read-answer.ts'

const bodyOf = (...chunks: string[]) => new Blob(chunks).stream() as ReadableStream<Uint8Array>

test('the text arrives in order and the sources at the end', async () => {
  const texts: string[] = []
  const sources = await readAnswer(
    bodyOf(
      'data: {"text":"A"}\n\ndata: {"te',
      'xt":"ä"}\n\n',
      'data: {"done":true,"sources":[{"title":"T","path":"p"}]}\n\n',
    ),
    text => texts.push(text),
  )
  expect(texts).toEqual(['A', 'ä'])
  expect(sources).toEqual([{ title: 'T', path: 'p' }])
})

test.each([
  ['an answer that breaks off', 'data: {"text":"A"}\n\n', 'broke off'],
  ['an error of the agent', 'event: error\ndata: {"error":"Index is gone"}\n\n', 'Index is gone'],
])('%s is an error', async (_, body, message) => {
  await expect(readAnswer(bodyOf(body), () => {})).rejects.toThrow(message)
})
