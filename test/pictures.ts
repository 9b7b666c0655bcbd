// Takes the README's picture of the demo anew, by hand: npm run pictures. That of the report is taken by npm run bench.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { startDemo } from './support/demo.ts'
import { launchBrowser } from './support/launch-browser.ts'

const images = fileURLToPath(new URL('../.github/images', import.meta.url))

await mkdir(images, { recursive: true })
const browser = await launchBrowser(undefined, '--force-color-profile=srgb')
try {
  await takeDemo(browser)
} finally {
  await browser.close()
}

/** Both chats after a question that came when the one was warm and the other cold, at a cold start near the median. */
async function takeDemo(browser: Browser): Promise<void> {
  const demo = await startDemo()
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 780 } })
    await page.goto(demo.url)
    while (!isTypical(await askOnce(page))) await page.getByTestId('new-conversation').click()
    await page.locator('.chip:enabled').first().waitFor()
    await page.screenshot({ path: `${images}/demo.png`, animations: 'disabled' })
  } finally {
    await demo.stop()
  }
}

/** @returns how long the cold chat took to its first token, in milliseconds. */
async function askOnce(page: Page): Promise<number> {
  await page
    .getByTestId('status-warm')
    .filter({ hasText: /^\W*warm$/i })
    .waitFor()
  await page.getByTestId('composer').fill('What happens when the microVM was replaced?')
  await page.getByTestId('composer').press('Enter')
  for (const lane of ['warm', 'cold']) await page.getByTestId(`outcome-${lane}`).waitFor()
  return Number(await page.getByTestId('first-token-cold').last().getAttribute('data-ms'))
}

/** Near the article's median of 2.9 s, to which the demo's agent adds its own start. A picture of a rare one would mislead. */
function isTypical(coldMs: number): boolean {
  return coldMs > 2_600 && coldMs < 3_600
}
