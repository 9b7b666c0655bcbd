import { type Browser, chromium } from 'playwright-core'

/** @param executablePath Where Chromium is. Tests have it by `inject('chromiumPath')`; what runs by itself, from the environment. */
export function launchBrowser(
  executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  ...more: string[]
): Promise<Browser> {
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...more] })
}
