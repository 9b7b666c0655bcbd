// @vitest-environment jsdom

import { act, render } from '@testing-library/react'
import { Activity } from 'react'
import { expect, test } from 'vitest'
import { start } from './start.tsx'

// React 18 has no Activity: the other tests of the hook run on both.
test('a hidden Activity lets its session go, and takes a new one when shown', async () => {
  const { Chat, environment, proxy } = start()
  const show = (mode: 'visible' | 'hidden') => (
    <Activity mode={mode}>
      <Chat />
    </Activity>
  )
  const { rerender, container } = render(show('hidden'))
  expect(proxy.openings).toHaveLength(0)
  rerender(show('visible'))
  await act(async () => proxy.openings[0]?.lease())
  rerender(show('hidden'))
  await act(() => environment.advance(1000))
  expect(proxy.closes).toHaveLength(1)
  rerender(show('visible'))
  expect(proxy.openings).toHaveLength(2)
  expect(container.textContent).toBe('warming')
})
