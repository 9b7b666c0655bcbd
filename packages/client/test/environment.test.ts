// @vitest-environment jsdom
import { browserEnvironment } from '@warm-agent/client'
import { expect, test, vi } from 'vitest'

test('the browser tells of hidden, shown, left and returned pages until nobody listens', () => {
  const listener = vi.fn()
  const stop = browserEnvironment.onPageChange(listener)
  document.dispatchEvent(new Event('visibilitychange'))
  expect(listener).toHaveBeenLastCalledWith(false, false)
  window.dispatchEvent(new Event('pagehide'))
  expect(listener).toHaveBeenLastCalledWith(true, false)
  window.dispatchEvent(new Event('pageshow'))
  expect(listener).toHaveBeenLastCalledWith(false, false)
  window.dispatchEvent(new Event('focus'))
  window.dispatchEvent(new Event('beforeunload'))
  expect(listener).toHaveBeenCalledTimes(3)
  stop()
  document.dispatchEvent(new Event('visibilitychange'))
  expect(listener).toHaveBeenCalledTimes(3)
})

test('the browser tells where the page is and whether it is seen', () => {
  expect(browserEnvironment.page()?.baseURI).toBe(location.href)
  expect(browserEnvironment.page()?.location.origin).toBe(location.origin)
  const state = vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
  expect(browserEnvironment.isVisible()).toBe(false)
  state.mockReturnValue('visible')
  expect(browserEnvironment.isVisible()).toBe(true)
})

test('a timeout of the browser can be canceled', () => {
  vi.useFakeTimers()
  const callback = vi.fn()
  browserEnvironment.after(10, callback)
  browserEnvironment.after(10, callback)()
  vi.advanceTimersByTime(10)
  expect(callback).toHaveBeenCalledTimes(1)
  vi.useRealTimers()
})
