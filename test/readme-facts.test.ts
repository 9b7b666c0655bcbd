// What the READMEs say in words and figures that the code knows better: dollars, cold starts, links, commands.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { platformOf } from '@warm-agent/emulator'
import { dollarsOf, prices } from '@warm-agent/protocol/prices'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'
import { expect, test, vi } from 'vitest'
import { runCommand } from '../packages/cli/src/run-command.ts'
import { readReadmes, readSnippets } from './support/readme-snippets.ts'

const readmes = await readReadmes()
const textOf = (path: string) => readmes.get(path) ?? ''

/** The decimals that the READMEs give. */
function dollars(value: number, decimals: number): string {
  return `$${value.toFixed(decimals)}`
}

const gb = 1.2
const bootVcpuMs = 4_750

test('the dollars of "What it costs" are those of the table of prices', () => {
  const costs = textOf('README.md').split('## What it costs')[1]?.split('\n## ')[0]
  const seconds = (heldMs: number, vcpuMs = 0) => dollarsOf({ heldMs, gb, vcpuMs }, prices.v2)
  expect(costs).toContain(`about ${dollars(1000 * seconds(50_000, bootVcpuMs), 2)}, of which`)
  expect(costs).toContain(`their boots ${dollars(1000 * seconds(0, bootVcpuMs), 2)}.`)
  expect(costs).toContain(`15 minutes of memory, about ${dollars(seconds(900_000), 3)}.`)
  expect(costs).toContain(`A pool of 40, used or not: about ${dollars(40 * seconds(3_600_000), 2)} an hour.`)
})

test.each([
  ['v1-code', undefined, 'code (zip)', 1],
  ['v2', undefined, 'code (zip)', 2],
  ['v1-container', 200, 'container, 200 MB', 1],
  ['v1-container', 1000, 'container, 1 GB', 1],
  ['v1-container', 2000, 'container, 2 GB', 1],
  ['v2', 200, 'container, 200 MB', 2],
  ['v2', 1000, 'container, 1 GB', 2],
  ['v2', 2000, 'container, 2 GB', 2],
] as const)(
  'the cold start of %s with an image of %s MB is the one that the emulator plays',
  (name, megabytes, row, column) => {
    const { boot } = platformOf(name, megabytes)
    if (boot.kind !== 'lognormal') throw new Error('expected a log-normal boot')
    // Of a log-normal distribution, by the 0.75 and 0.99 quantiles of the standard normal one.
    const p75Ms = boot.medianMs * (boot.p99Ms / boot.medianMs) ** (0.67449 / 2.32635)
    const cells = new RegExp(`^\\| ${row.replace(/[()]/g, '\\$&')} \\|(.*)\\|$`, 'm')
      .exec(textOf('packages/agent/README.md'))?.[1]
      ?.split('|')
    expect(Number.parseFloat(cells?.[column - 1] ?? '')).toBeCloseTo(p75Ms / 1000, 1)
  },
)

test('every link and picture within the repository leads somewhere', () => {
  const broken: string[] = []
  for (const [path, text] of readmes) {
    void walkTokens(lexer(text), token => {
      const href = hrefOf(token)
      if (href === undefined) return
      if (/^[a-z]+:/.test(href)) return
      const [file = '', anchor] = href.split('#')
      const target = file ? normalize(join(dirname(path), file)) : path
      if (!existsSync(new URL(`../${target}`, import.meta.url))) broken.push(`${path}: ${href}`)
      else if (anchor && !anchorsOf(textOf(target)).includes(anchor)) broken.push(`${path}: ${href}`)
    })
  }
  expect(broken).toEqual([])
})

test('every setting of the proxy stands in the README, or among the limits that it links to', async () => {
  const stdout = await helpOf('proxy')
  const settings = new Set([...stdout.matchAll(/\(([A-Z]+_[A-Z_]+)[,)]/g)].map(([, name = '']) => name))
  expect(settings.size).toBeGreaterThan(20)
  const table = textOf('packages/proxy/README.md').split('## Limits')[1]?.split('\n## ')[0] ?? ''
  const limits = [...table.matchAll(/`(\w+)`/g)].map(
    ([, name = '']) => `WARM_AGENT_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
  )
  const told = textOf('README.md')
  expect([...settings].filter(name => !told.includes(`\`${name}\``) && !limits.includes(name))).toEqual([])
}, 60_000)

/** What a link, or a picture in Markdown or HTML, leads to. */
function hrefOf(token: Token): string | undefined {
  if (token.type === 'html') return /src="([^"]*)"/.exec(token.raw)?.[1]
  return token.type === 'link' || token.type === 'image' ? (token as Tokens.Link).href : undefined
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/ /g, '-'),
  )
}

test('every command that is shown exists, with its flags', async () => {
  const shown = (await readSnippets()).filter(({ language }) => language === 'sh').map(({ code }) => code)
  const calls = [...`${[...shown, ...readmes.values()].join('\n')}`.matchAll(/npx warm-agent ([a-z]+)([^\n`|]*)/g)]
  const flagsOf = new Map<string, Set<string>>()
  for (const [, name = '', words = ''] of calls) {
    const flags = flagsOf.get(name) ?? new Set()
    for (const [flag] of words.split('#')[0]?.matchAll(/--[a-z-]+/g) ?? []) flags.add(flag)
    flagsOf.set(name, flags)
  }
  expect([...flagsOf.keys()].sort()).toEqual(
    expect.arrayContaining(['bench', 'doctor', 'emulate', 'init', 'plan', 'proxy', 'sessions']),
  )
  for (const [name, flags] of flagsOf) {
    const help = `${await helpOf(name)} --help `
    for (const flag of flags) expect(help).toMatch(new RegExp(`${flag}\\s`))
  }
}, 60_000)

async function helpOf(command: string): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    expect(await runCommand([command, '--help'])).toBe(0)
    return write.mock.calls.map(([text]) => text).join('')
  } finally {
    write.mockRestore()
  }
}
