// @vitest-environment jsdom

import type { SessionEvent } from '@warm-agent/react'
import { createDevtools } from '@warm-agent/react/devtools'
import { expect, test, vi } from 'vitest'

const base = 'https://chat.example/api/agent'

/** Devtools in front of a proxy that answers as told, and what reached that. */
function start(answer: () => Response, closed = 204) {
  const requests: Request[] = []
  const devtools = createDevtools()
  const { fetch = globalThis.fetch } = devtools.watch({
    async fetch(input, init) {
      const request = new Request(input, init)
      requests.push(request)
      return request.url.endsWith('/close') ? new Response(null, { status: closed }) : answer()
    },
  })
  const ended = () => requests.at(-1)?.headers.get('warm-agent-ticket')
  return { devtools, fetch, requests, ended }
}

const withTicket = () => new Response('Hello', { headers: { 'warm-agent-ticket': 'of the message' } })

test('Expire ends the session of the last message in the words of its page: its token, its cookies, its endpoint', async () => {
  const { devtools, fetch, requests, ended } = start(withTicket)
  await fetch(`${base}/messages?lang=de`, { method: 'POST', headers: { authorization: 'Bearer token' } })
  await devtools.expire()
  expect(requests.at(-1)).toMatchObject({ url: `${base}/sessions/close`, method: 'POST', credentials: 'include' })
  expect(requests.at(-1)?.headers.get('authorization')).toBe('Bearer token')
  expect(ended()).toBe('of the message')
})

/** What it brings comes in two pieces, and breaks off then if told so. */
function inPieces(error?: Error): Response {
  const pieces = ['data: {"ticket":"first"}\n\ndata: {"tick', 'et":"last"}\n\n'].map(text =>
    new TextEncoder().encode(text),
  )
  return new Response(
    new ReadableStream({
      pull(controller) {
        const piece = pieces.shift()
        if (piece) controller.enqueue(piece)
        else if (error) controller.error(error)
        else controller.close()
      },
    }),
  )
}

test.each(['/sessions', '/sessions/beat'])('the last ticket of %s is seen, and the page reads it too', async path => {
  const { devtools, fetch, ended } = start(inPieces)
  const answer = await fetch(base + path, { method: 'POST' })
  expect(await answer.text()).toMatch(/first.*last/s)
  await vi.waitFor(async () => {
    await devtools.expire()
    expect(ended()).toBe('last')
  })
})

test('an opening that breaks off breaks for the page alone', async () => {
  const { devtools, fetch } = start(() => inPieces(new Error('gone')))
  const answer = await fetch(`${base}/sessions`, { method: 'POST' })
  await expect(answer.text()).rejects.toThrow('gone')
  await vi.waitFor(devtools.expire)
})

test('what the page asks of others is left alone', async () => {
  const { devtools, fetch } = start(withTicket)
  expect(await (await fetch('https://chat.example/weather')).text()).toBe('Hello')
  await expect(devtools.expire()).rejects.toThrow('none was seen yet')
})

test('a proxy that does not expire the session is told of', async () => {
  const { devtools, fetch } = start(withTicket, 500)
  await fetch(`${base}/messages`, { method: 'POST' })
  await expect(devtools.expire()).rejects.toThrow('Could not expire the session: the proxy answered 500. See its log.')
})

test('the last 200 events are remembered, and each is told to the page and to whoever listens', () => {
  const devtools = createDevtools()
  const [onEvent, listener] = [vi.fn(), vi.fn()]
  const stop = devtools.subscribe(listener)
  const options = devtools.watch({ onEvent })
  const tell = (atMs: number) => options.onEvent?.({ type: 'page-shown', atMs } as SessionEvent)
  for (let atMs = 0; atMs < 250; atMs++) tell(atMs)
  expect(devtools.events().map(({ atMs }) => atMs)).toEqual(Array.from({ length: 200 }, (_, index) => index + 50))
  stop()
  tell(250)
  expect(onEvent).toHaveBeenCalledTimes(251)
  expect(listener).toHaveBeenCalledTimes(250)
})
