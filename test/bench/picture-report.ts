import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { launchBrowser } from '../support/launch-browser.ts'

const width = 1000

/** Takes the README's picture of the newest run's report, from its headline to its first figure. */
export async function pictureReport(): Promise<void> {
  const images = fileURLToPath(new URL('../../.github/images', import.meta.url))
  await mkdir(images, { recursive: true })
  const browser = await launchBrowser(undefined, '--force-color-profile=srgb')
  try {
    const page = await browser.newPage({ viewport: { width, height: 900 } })
    await page.goto(new URL('report.html', import.meta.url).href)
    const figure = await page.locator('figure').first().boundingBox()
    if (!figure) throw new Error('Could not picture the report: it has no figure. Run npm run bench first.')
    const height = Math.ceil(figure.y + figure.height) + 4
    await page.screenshot({ path: `${images}/report.png`, fullPage: true, clip: { x: 0, y: 0, width, height } })
  } finally {
    await browser.close()
  }
}
