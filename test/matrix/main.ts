// Runs the tests on every Node that we support, each time with React 18 and with React 19 (the projects of vite.config.ts).
// `npm run test:matrix -- packages/client` runs a part of them.
import { spawnSync } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Where `npm ci` clears it away, and no workspace finds it. */
const folder = join(root, 'node_modules/.cache/matrix')
const versions = ['20', '22', '24']
const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`

const aliases = versions.map(version => `node${version}@npm:node-${platform}@${version}`)
const installed = spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--prefer-offline', ...aliases], {
  cwd: root,
  stdio: 'inherit',
})
if (installed.status !== 0) {
  throw new Error(
    `Could not install Node ${versions.join(', ')} for ${platform}: see above. Is the registry reachable?`,
  )
}

const results = versions.map(version => {
  const node = join(folder, 'node_modules', `node${version}`, 'bin', 'node')
  process.stdout.write(`\nNode ${version}\n`)
  // What the tests start has to be this Node too.
  const env = {
    ...process.env,
    PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    WARM_AGENT_TEST_MATRIX: 'yes',
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const { status } = spawnSync(node, [vitest, 'run', ...process.argv.slice(2)], { cwd: root, env, stdio: 'inherit' })
  return { version, isGood: status === 0 }
})

process.stdout.write(
  `\n${results.map(({ version, isGood }) => `Node ${version}: ${isGood ? 'passed' : 'failed'}\n`).join('')}`,
)
process.exitCode = results.every(({ isGood }) => isGood) ? 0 : 1
