// @vitest-environment jsdom
import { browserEnvironment } from '@warm-agent/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

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

test('a wait without an end does not end at once', () => {
  const timer = vi.spyOn(globalThis, 'setTimeout')
  browserEnvironment.after(Infinity, () => {})()
  // Browsers and Node take what is more for nothing.
  expect(timer.mock.lastCall?.[1]).toBe(2 ** 31 - 1)
})

test('a timeout of the browser can be canceled', () => {
  const callback = vi.fn()
  browserEnvironment.after(10, callback)
  browserEnvironment.after(10, callback)()
  vi.advanceTimersByTime(10)
  expect(callback).toHaveBeenCalledTimes(1)
})

/** An element that intent is watched on. */
function watchIntent() {
  const element = document.createElement('form')
  const fire = vi.fn()
  const end = browserEnvironment.onTrigger('intent', element, fire)
  return { fire, end, tell: (type: string) => element.dispatchEvent(new Event(type)) }
}

test('a pointer means it when it has rested for 65 ms', () => {
  const { fire, tell } = watchIntent()
  tell('pointerenter')
  vi.advanceTimersByTime(64)
  tell('pointerleave')
  tell('pointerenter')
  vi.advanceTimersByTime(64)
  expect(fire).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(fire).toHaveBeenCalledTimes(1)
})

test.each(['focusin', 'keydown', 'pointerdown'])('%s means it at once, and is told once', type => {
  const { fire, tell } = watchIntent()
  tell('pointerenter')
  tell(type)
  expect(fire).toHaveBeenCalledTimes(1)
  tell(type)
  vi.advanceTimersByTime(65)
  expect(fire).toHaveBeenCalledTimes(1)
})

test('intent that is watched no more is told no more', () => {
  const { fire, end, tell } = watchIntent()
  tell('pointerenter')
  end()
  vi.advanceTimersByTime(65)
  tell('keydown')
  expect(fire).not.toHaveBeenCalled()
})

test('without an element the whole page is watched for intent', () => {
  const fire = vi.fn()
  browserEnvironment.onTrigger('intent', undefined, fire)
  document.body.dispatchEvent(new Event('keydown', { bubbles: true }))
  expect(fire).toHaveBeenCalledTimes(1)
})

test.each(['intent', 'visible'] as const)('an element that is not there yet is not watched for: %s waits', trigger => {
  const fire = vi.fn()
  browserEnvironment.onTrigger(trigger, null, fire)
  document.body.dispatchEvent(new Event('keydown', { bubbles: true }))
  expect(fire).not.toHaveBeenCalled()
  browserEnvironment.onTrigger('open', null, fire)
  expect(fire).toHaveBeenCalledTimes(1)
})

test('a frame without an address has the origin of the page around it', () => {
  vi.stubGlobal('location', { origin: 'null' })
  vi.stubGlobal('origin', 'https://chat.example')
  expect(browserEnvironment.page().location.origin).toBe('https://chat.example')
  vi.unstubAllGlobals()
})

test.each([{ lat: 1, lng: 2 }, 'https://other.example'])('a page that names something of its own `origin`: %j', own => {
  vi.stubGlobal('origin', own)
  expect(browserEnvironment.page().location.origin).toBe(location.origin)
  vi.unstubAllGlobals()
})

test.each(['pointermove', 'pointerdown', 'keydown', 'wheel', 'scroll'])('%s anywhere is a sign of life', type => {
  const listener = vi.fn()
  const stop = browserEnvironment.onActivity(listener)
  // A part of the page that scrolls tells nobody above it.
  document.body.dispatchEvent(new Event(type, { bubbles: false }))
  expect(listener).toHaveBeenCalledTimes(1)
  stop()
  document.body.dispatchEvent(new Event(type))
  expect(listener).toHaveBeenCalledTimes(1)
})

test.each([
  [{ connection: { saveData: true } }, true],
  [{ connection: { saveData: false } }, false],
  [{}, false],
])('a browser with %j saves data: %s', (navigator, saves) => {
  vi.stubGlobal('navigator', navigator)
  expect(browserEnvironment.savesData()).toBe(saves)
})

test('storage that is forbidden is none', () => {
  const forbid = () => {
    throw new DOMException('Not here.', 'SecurityError')
  }
  const tab = vi.spyOn(window, 'sessionStorage', 'get').mockImplementation(forbid)
  expect(browserEnvironment.storage('tab')).toBeUndefined()
  expect(browserEnvironment.storage('browser')).toBeDefined()
  tab.mockRestore()
})

test('listeners need no AbortController of the make of their target (jest-fixed-jsdom has that of Node)', () => {
  vi.stubGlobal(
    'AbortController',
    class {
      signal = {}
    },
  )
  const listener = vi.fn()
  const stop = browserEnvironment.onPageChange(listener)
  window.dispatchEvent(new Event('pageshow'))
  stop()
  window.dispatchEvent(new Event('pageshow'))
  expect(listener).toHaveBeenCalledTimes(1)
})
