import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    chromiumPath: string
  }
}

const usualPlaces = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/** Makes sure, once and before any test, that this machine has a Chromium. Without one the tests fail; none is skipped. */
export function setup({ provide }: TestProject): void {
  if (!chromiumPath()) installChromium()
  const found = chromiumPath()
  if (!found) {
    throw new Error(
      'Could not find a Chromium: the end-to-end tests need one. ' +
        'Install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to an executable.',
    )
  }
  provide('chromiumPath', found)
}

function chromiumPath(): string | undefined {
  const places = process.env.CHROMIUM_PATH ? [process.env.CHROMIUM_PATH] : usualPlaces
  return places.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Where it may, as root of a Debian. Elsewhere the error says what to install. */
function installChromium(): void {
  if (process.env.CHROMIUM_PATH || process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  process.stderr.write('There is no Chromium yet: installing the Debian package.\n')
  const stdio = ['ignore', 'ignore', 'inherit'] as const
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  execFileSync('apt-get', ['update'], { stdio: [...stdio] })
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: [...stdio], env })
}
