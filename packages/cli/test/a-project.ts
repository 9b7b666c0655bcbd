import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { runCaptured } from './run-captured.ts'

export type Files = Record<string, string>

/** A folder with these files, until the test ends. */
export async function aProject(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-agent-init-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

export async function filesOf(folder: string): Promise<Files> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files: Files = {}
  for (const entry of entries.filter(entry => entry.isFile())) {
    const path = join(entry.parentPath, entry.name)
    files[path.slice(folder.length + 1)] = await readFile(path, 'utf8')
  }
  return files
}

export const initIn = (folder: string, ...flags: string[]) => runCaptured('init', '--directory', folder, ...flags)

export const manifest = (dependencies: Record<string, string>, more: object = {}) =>
  `${JSON.stringify({ name: 'theirs', ...more, dependencies }, null, 4)}\n`

export const next: Files = {
  'package.json': manifest({ next: '^16.4.0', react: '19.3.1' }),
  'tsconfig.json': '{}',
  'src/app/page.tsx': 'export default () => null\n',
  '.env.example': 'DATABASE_URL=\nAGENT_RUNTIME_ARN=arn:of:ours\n',
}
export const vite: Files = {
  'package.json': manifest({ vite: '8.3.8', react: '19.3.1' }, { type: 'module' }),
  'tsconfig.json': '{ "references": [{ "path": "./tsconfig.node.json" }] }',
  'tsconfig.node.json': '{ "compilerOptions": { "allowImportingTsExtensions": true } }',
  'vite.config.ts': `import { defineConfig } from 'vite'
import react from '@vitejs/plugin-react'

// https://vite.dev/config/
export default defineConfig({
  plugins: [react()],
})
`,
  'src/main.tsx': '',
}
export const express: Files = {
  'package.json': manifest({ express: '^5.0.0' }, { scripts: { start: 'node src/web.js' } }),
  'src/web.js': `const express = require("express");
const app = express();

app.use(express.json());
app.listen(3000);
`,
}
