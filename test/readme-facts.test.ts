// What the READMEs say in words and figures that the code knows better: dollars, cold starts, links, commands.
import { existsSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { platformOf } from '@warm-agent/emulator'
import { bootVcpuSeconds, dollarsOf, prices } from '@warm-agent/protocol/prices'
import { lexer, type Token, type Tokens, walkTokens } from 'marked'
import { expect, test } from 'vitest'
import { runCaptured } from '../packages/cli/test/run-captured.ts'
import { readReadmes, readSnippets } from './support/readme-snippets.ts'

const readmes = await readReadmes()
const textOf = (path: string) => readmes.get(path) ?? ''

/** The decimals that the READMEs give. */
function dollars(value: number, decimals: number): string {
  return `$${value.toFixed(decimals)}`
}

const gb = 1.2
const bootVcpuMs = 1_000 * bootVcpuSeconds

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

test('every setting of the proxy has a row in the README of the command, with its meaning and default', async () => {
  const stdout = await helpOf('proxy')
  const settings = new Set([...stdout.matchAll(/\(([A-Z_]+)(?:, .*)?\)$/gm)].map(([, name = '']) => name))
  expect(settings.size).toBeGreaterThan(40)
  const rows = [...textOf('packages/cli/README.md').matchAll(/^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \|$/gm)]
  expect(rows.map(([, name]) => name).sort()).toEqual([...settings].sort())
})

test('every limit of the proxy stands in its README too, and every variable of the front page is one', async () => {
  const told = textOf('packages/cli/README.md')
  const table = textOf('packages/proxy/README.md').split('## Limits')[1]?.split('\n## ')[0] ?? ''
  const limits = [...table.matchAll(/^\| `(\w+)`/gm)].map(
    ([, name = '']) => `WARM_AGENT_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`,
  )
  expect(limits.length).toBeGreaterThan(10)
  const front = textOf('README.md').split('## Configuration')[1]?.split('\n\nCredentials')[0] ?? ''
  const variables = [...front.matchAll(/^\| (`.*?`) \| /gm)].flatMap(([, cell = '']) => cell.split(', '))
  expect(variables.length).toBeGreaterThan(8)
  const names = [...limits.map(name => `\`${name}\``), ...variables]
  expect(names.filter(name => !told.includes(`| ${name} |`))).toEqual([])
})

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
  const { status, stdout } = await runCaptured(command, '--help')
  expect(status).toBe(0)
  return stdout
}
