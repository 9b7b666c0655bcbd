// @vitest-environment jsdom

import { act, cleanup, render } from '@testing-library/react'
import { createDevtools, WarmAgentDevtools } from '@warm-agent/react/devtools'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest'

let browser: Browser
beforeAll(async () => {
  const args = ['--no-sandbox', '--disable-gpu']
  browser = await chromium.launch({ executablePath: inject('chromiumPath'), args })
})
afterAll(() => browser.close())
afterEach(cleanup)

/** The panel of a session that has been warming and is warm. */
function markup(): string {
  const devtools = createDevtools()
  const { onEvent } = devtools.watch()
  const { container } = render(
    <WarmAgentDevtools devtools={devtools} session={{ warm: async () => {}, close: async () => {} }} isOpen />,
  )
  const lease = { beatMs: 1_000, ttlMs: 2_000, holdMs: 3_000 }
  act(() => {
    onEvent?.({ type: 'warm-started', atMs: 1_000 })
    onEvent?.({ type: 'warm-succeeded', atMs: 3_000, source: 'started', tookMs: 2_000, evidence: 'observed', ...lease })
  })
  return container.innerHTML
}

/** Asks a page with the panel, and with styles of its own, for something. */
async function inPage<Told>(
  styles: string,
  ask: (selector: string) => Told,
  selector: string,
  options: BrowserContextOptions = {},
): Promise<Told> {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  await page.setContent(`<!doctype html><style>${styles}</style>${markup()}`)
  const told = await page.evaluate(ask as (selector: string) => never, selector)
  await context.close()
  return told
}

test('in forced colours the bar and the dots keep theirs', async () => {
  const colours = (selector: string) =>
    [...document.querySelectorAll(selector)].map(element => getComputedStyle(element).backgroundColor)
  const selector = '.wa-bar, .wa-bar i, .wa-dot'
  const usual = await inPage('', colours, selector)
  expect(usual).toHaveLength(5)
  expect(await inPage('', colours, selector, { forcedColors: 'active' })).toEqual(usual)
})

test('the panel looks the same on every page, whatever styles that has', async () => {
  const look = (selector: string) =>
    [...document.querySelectorAll(selector)].flatMap(element => {
      const styles = getComputedStyle(element)
      return [...styles].map(
        name => `${element.tagName} ${element.className} ${name}: ${styles.getPropertyValue(name)}`,
      )
    })
  const selector = '.warm-agent-devtools, .warm-agent-devtools *'
  const usual = await inPage('', look, selector)
  const inherited = await inPage(
    `body { font: italic 30px/3 serif; text-align: center; text-transform: uppercase; letter-spacing: 5px; word-spacing: 9px;
      white-space: pre; text-indent: 20px; text-shadow: 1px 1px red; cursor: wait; list-style: square; color: red }`,
    look,
    selector,
  )
  expect(inherited.filter(line => !usual.includes(line))).toEqual([])
  const direct = await inPage(
    `* { box-sizing: border-box } aside { width: 90%; padding: 3em; border: solid } p, li { font-size: 3em }
      button { width: 100%; text-transform: uppercase; box-shadow: 0 0 9px red } b { color: red } dl { float: left }`,
    look,
    selector,
  )
  expect(direct.filter(line => !usual.includes(line))).toEqual([])
})
