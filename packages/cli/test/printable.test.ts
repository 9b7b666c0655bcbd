import type { LedgerEntry } from '@warm-agent/proxy'
import { expect, test, vi } from 'vitest'
import { printable, printableLines, withoutUrlSecrets } from '../src/printable.ts'
import { formatSessions } from '../src/sessions-table.ts'
import { runCaptured } from './run-captured.ts'

test.each([
  ['at http://user:pa55@host/path: no', 'at http://…@host/path: no'],
  ['`https://pa55@host`', '`https://…@host`'],
  ['redis://:p@55@host:6379/1', 'redis://…@host:6379/1'],
  ['"http://host/a?key=pa55&b#c" said', '"http://host/a?…" said'],
  ['http://host#pa55, and http://u:pa55@host?pa55', 'http://host#…, and http://…@host?…'],
  ['http://host/a@b, ann@example.com, what?', 'http://host/a@b, ann@example.com, what?'],
])('of %s is shown %s', (text, shown) => {
  expect(withoutUrlSecrets(text)).toBe(shown)
})

test('what others say is one line without control characters; our own text keeps its lines', () => {
  const text = '\u001b[1;31ma\u001b[0m\u001b[2Jb\r\nc\u009bd\u202ee\u2028f'
  expect(printable(text)).toBe('ab c�e�f')
  expect(printableLines(text)).toBe('ab\nc�e�f')
})

test.each([['doctor'], ['bench', '--yes']])(
  'a URL that %s refuses is told without its query and without control characters',
  async (...args) => {
    vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_AGENTCORE', 'ftp://127.0.0.1/\u001b[2J?key=pa55word')
    const arn = 'arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/my_agent-a1B2c3D4e5'
    const { status, stderr } = await runCaptured(...args, '--agent-runtime-arn', arn)
    vi.unstubAllEnvs()
    expect(status).toBe(2)
    expect(stderr).toContain('ftp://127.0.0.1/?…')
    expect(stderr).not.toContain('pa55word')
  },
)

test('what lies in Redis moves no cursor in a table', () => {
  const session = { id: 'warm-\u001b[2J0', qualifier: 'DEFAULT\n' }
  const entry = { session, agent: 'default\u009b', callerId: 'ann', reason: 'beat\r', state: 'held' }
  const table = formatSessions([{ ...entry, bornAt: 0, heldUntil: 0 } as unknown as LedgerEntry], 0, false)
  expect(table.split('\n')).toHaveLength(4)
  expect(table.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
