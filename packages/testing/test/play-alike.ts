import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { createPage, fakeWorld, leveled, type Page, realWorld, type WorldOptions } from './worlds.ts'

/** What happens, in what world, and what the page finds, in the real proxy as in the played one. */
type Cases = Record<string, [WorldOptions, (page: Page) => Promise<unknown>, unknown]>

/** Tests each case against the real proxy and the played one. @returns the server of the latter, for tests of one's own. */
export function playAlike(cases: Cases) {
  const server = setupServer()
  beforeAll(() => server.listen({ onUnhandledRequest: 'error' }))
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
    server.resetHandlers()
  })
  afterAll(() => server.close())

  test.each(Object.entries(cases))('%s', async (_, [options, play, expected]) => {
    const real = createPage(realWorld(options))
    const found = { found: await play(real) }
    expect(found).toMatchObject({ found: expected })
    expect(real.transcript).not.toEqual([])

    const fake = createPage(fakeWorld(server, options))
    expect(leveled({ found: await play(fake) })).toEqual(leveled(found))
    expect(fake.transcript).toEqual(real.transcript)
  })

  return server
}

export const ticketOf = (response: Response) => response.headers.get('Warm-Agent-Ticket') ?? ''
export const codeOf = async (response: Response) => [response.status, (await response.json()).error.code]
export const refusedBeat = async ({ post }: Page, ticket: string) => codeOf(await post('/sessions/beat', { ticket }))
