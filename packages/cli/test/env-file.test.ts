import { expect, test } from 'vitest'
import { withEnvFile } from '../src/env-file.ts'

test.each([
  ['linux', '(set -a; . ./.env; npx warm-agent doctor --free)'],
  ['darwin', '(set -a; . ./.env; npx warm-agent doctor --free)'],
  ['win32', 'node --env-file=.env node_modules/warm-agent/bin/warm-agent.js doctor --free'],
] as const)('on %s a command gets what .env says by a line that the shells there understand', (platform, line) => {
  expect(withEnvFile('doctor --free', platform)).toBe(line)
})
