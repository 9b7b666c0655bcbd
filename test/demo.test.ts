import { mkdtemp, readdir, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { demoEnds, startDemo } from './support/demo.ts'
import { launchBrowser } from './support/launch-browser.ts'

let temporary: string
let demo: Awaited<ReturnType<typeof startDemo>>
let browser: Browser
let page: Page

beforeAll(async () => {
  temporary = await mkdtemp(join(tmpdir(), 'demo-'))
  demo = await startDemo({ TMPDIR: temporary })
  browser = await launchBrowser(inject('chromiumPath'))
  page = await browser.newPage()
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

async function ask(question: string): Promise<void> {
  await page.getByTestId('composer').fill(question)
  await page.getByTestId('composer').press('Enter')
}

const outcomes = (lane: string) => page.getByTestId(`outcome-${lane}`)
/** What the emulator's books say: how many microVMs there were, and how many there are. */
const microVms = async () =>
  (await (await fetch(`${demo.url}/api/demo/microvms`)).json()) as { vms: number; live: number; resurrected: number }

const firstTokenMs = async (lane: string) =>
  Number(await page.getByTestId(`first-token-${lane}`).last().getAttribute('data-ms'))

test('a question before the VM is up joins, one after finds it warm, and warm beats cold by at least 5 times', async () => {
  await page.goto(demo.url)
  await expect.poll(() => page.getByTestId('status-warm').textContent()).toMatch(/warming/i)
  await ask('What does joined mean?')
  await outcomes('warm')
    .filter({ hasText: /joined/i })
    .waitFor()
  await outcomes('cold').filter({ hasText: /cold/i }).waitFor()

  expect(await microVms()).toMatchObject({ vms: 2, live: 2 })

  await page.getByRole('button', { name: /new conversation/i }).click()
  await page
    .getByTestId('status-warm')
    .filter({ hasText: /^\W*warm$/i })
    .waitFor()
  await ask('How long is a session held?')
  await outcomes('warm').filter({ hasText: /warm/i }).waitFor()
  await outcomes('cold').filter({ hasText: /cold/i }).waitFor()
  // One for each chat of each conversation, those of the first one gone, and none started twice.
  await expect.poll(microVms).toMatchObject({ vms: 4, live: 2, resurrected: 0 })
  expect(await firstTokenMs('cold')).toBeGreaterThan(5 * (await firstTokenMs('warm')))
  expect(await page.getByTestId('answer-warm').last().textContent()).toMatch(
    /The documentation says under .*held|holds/,
  )
}, 60_000)

test('a conversation outlives its microVM: another one reloads its history, and says so', async () => {
  await page.getByTestId('end-warm').click()
  await page.getByTestId('end-warm').waitFor({ state: 'detached' })
  await page.locator('.chip:enabled').first().waitFor()
  await ask('What did I ask before?')
  await page.getByTestId('reloaded-warm').filter({ hasText: 'reloaded 1 earlier question.' }).waitFor()
  // The other chat's microVM is the one that answered before: it had nothing to reload.
  await page.getByTestId('answer-cold').filter({ hasText: 'How long is a session held?' }).waitFor()
  expect(await page.getByTestId('answer-warm').last().textContent()).toContain('How long is a session held?')
  expect(await page.getByTestId('reloaded-cold').count()).toBe(0)
}, 60_000)

test('what was asked is kept in a folder that is private, and goes with the demo, also at Ctrl-C', async () => {
  const folders = async () => (await readdir(temporary)).filter(name => name.startsWith('warm-agent-demo'))
  const [folder = 'none', ...others] = await folders()
  expect(others).toEqual([])
  expect((await stat(join(temporary, folder))).mode & 0o777).toBe(0o700)
  expect(await readdir(join(temporary, folder))).not.toEqual([])
  await demo.stop('SIGINT')
  expect(await folders()).toEqual([])
})

test('a demo without a backend ends, with the reason', async () => {
  const { code, stderr } = await demoEnds({ AGENT_RUNTIME_ARN: 'none' })
  expect(stderr).toMatch(/^Could not .+\. .+\.\n$/)
  expect(code).toBe(1)
})
