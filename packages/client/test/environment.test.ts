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

test('the browser tells of hidden, left, returned and frozen pages, and of what other tabs write, until nobody listens', () => {
  const listener = vi.fn()
  const stop = browserEnvironment.onPageChange(listener)
  const changes: [EventTarget, string, hasLeft: boolean, isFreezing: boolean][] = [
    [document, 'visibilitychange', false, false],
    [window, 'pagehide', true, false],
    [document, 'visibilitychange', true, false],
    [window, 'pageshow', false, false],
    [document, 'freeze', false, true],
    [document, 'resume', false, false],
    [window, 'storage', false, false],
  ]
  for (const [target, type] of changes) target.dispatchEvent(new Event(type))
  window.dispatchEvent(new Event('focus'))
  window.dispatchEvent(new Event('beforeunload'))
  stop()
  document.dispatchEvent(new Event('visibilitychange'))
  expect(listener.mock.calls).toEqual(changes.map(([, , ...told]) => told))
})

test('a page of which Firefox cuts the first listener, as it closes a background tab, hears all the same that it is left', () => {
  const add = window.addEventListener.bind(window)
  let isCut = false
  vi.spyOn(window, 'addEventListener').mockImplementation(
    (type: string, listener: EventListenerOrEventListenerObject, options) => {
      if (type === 'pagehide' && !isCut) isCut = true
      else add(type, listener, options)
    },
  )
  const listener = vi.fn()
  const stop = browserEnvironment.onPageChange(listener)
  vi.restoreAllMocks()
  window.dispatchEvent(new Event('pagehide'))
  stop()
  window.dispatchEvent(new Event('pagehide'))
  expect(listener.mock.calls).toEqual([[true, false]])
})

test('the browser draws each time anew, and has the clock on the wall', () => {
  expect(browserEnvironment.random()).not.toBe(browserEnvironment.random())
  vi.setSystemTime(7)
  expect(browserEnvironment.now()).toBe(7)
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

test('without an element the whole page is watched: it is in view, and whatever is done on it is intent', () => {
  const fire = vi.fn()
  browserEnvironment.onTrigger('visible', undefined, fire)
  expect(fire).toHaveBeenCalledTimes(1)
  browserEnvironment.onTrigger('intent', undefined, fire)
  // A short body ends above the end of the page.
  document.documentElement.dispatchEvent(new Event('pointerdown'))
  expect(fire).toHaveBeenCalledTimes(2)
})

test('an element that comes into view is told of once, and watched no more', () => {
  const observe = vi.fn()
  const disconnect = vi.fn()
  let tell = (_: { isIntersecting: boolean }[]) => {}
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      observe = observe
      disconnect = disconnect
      constructor(callback: typeof tell) {
        tell = callback
      }
    },
  )
  const element = document.createElement('form')
  const fire = vi.fn()
  const end = browserEnvironment.onTrigger('visible', element, fire)
  expect(observe).toHaveBeenCalledExactlyOnceWith(element)
  tell([{ isIntersecting: false }])
  expect(fire).not.toHaveBeenCalled()
  // What has happened since it was told last.
  tell([{ isIntersecting: false }, { isIntersecting: true }])
  expect(fire).toHaveBeenCalledTimes(1)
  expect(disconnect).toHaveBeenCalledTimes(1)
  end()
  expect(disconnect).toHaveBeenCalledTimes(2)
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
