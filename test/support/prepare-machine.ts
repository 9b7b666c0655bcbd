import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    chromiumPath: string
    redisServerPath: string
  }
}

/** A program that the tests need and npm does not bring. */
interface Program {
  debianPackage: string
  /** Names the executable, and keeps anything from being installed. Without one, tests call the program by its name. */
  variable?: string
  usualPlaces: readonly string[]
}

const chromium: Program = {
  debianPackage: 'chromium',
  variable: 'CHROMIUM_PATH',
  usualPlaces: [
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  ],
}
const redisServer: Program = {
  debianPackage: 'redis-server',
  variable: 'REDIS_SERVER_PATH',
  usualPlaces: ['/usr/bin/redis-server', '/usr/local/bin/redis-server', '/opt/homebrew/bin/redis-server'],
}

const onPath = (name: string) => process.env.PATH?.split(delimiter).map(folder => join(folder, name)) ?? []
const python: Program = { debianPackage: 'python3', usualPlaces: onPath('python3') }
const git: Program = { debianPackage: 'git', usualPlaces: onPath('git') }

/** Makes sure, once and before any test, that this machine has what they need. Without it they fail; none is skipped. */
export function setup({ provide }: TestProject): void {
  const missing = [chromium, redisServer, python, git].filter(program => !pathOf(program))
  if (missing.length > 0) install(missing)
  provide('chromiumPath', demandPathOf(chromium))
  provide('redisServerPath', demandPathOf(redisServer))
  demandPathOf(python)
  demandPathOf(git)
}

function demandPathOf(program: Program): string {
  const found = pathOf(program)
  if (found) return found
  throw new Error(
    `Could not find ${program.debianPackage}: tests need it. ` +
      `Install it (Debian: apt-get install ${program.debianPackage})` +
      (program.variable ? `, or set ${program.variable} to an executable.` : '.'),
  )
}

function pathOf({ variable, usualPlaces }: Program): string | undefined {
  const named = variable && process.env[variable]
  return (named ? [named] : usualPlaces).find(isExecutable)
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
function install(programs: readonly Program[]): void {
  const isNamed = programs.some(({ variable }) => variable && process.env[variable])
  if (isNamed || process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return
  const names = programs.map(({ debianPackage }) => debianPackage)
  process.stderr.write(`There is no ${names.join(', no ')} yet: installing from Debian.\n`)
  const stdio = ['ignore', 'ignore', 'inherit'] as const
  // The package would start a server of the machine's own.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  execFileSync('apt-get', ['update'], { stdio: [...stdio] })
  execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...names], { stdio: [...stdio], env })
}
