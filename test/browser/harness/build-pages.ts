import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

const pages = {
  plain: fileURLToPath(new URL('../pages/plain.ts', import.meta.url)),
  react: fileURLToPath(new URL('../pages/react.tsx', import.meta.url)),
}

/** @returns what a server must serve, by path: `/plain`, `/react` and the empty page `/elsewhere`. */
export async function buildPages(): Promise<Map<string, string>> {
  const { output } = (await build({
    configFile: false,
    logLevel: 'error',
    // React's development build, for StrictMode does nothing in the other.
    define: { 'process.env.NODE_ENV': '"development"' },
    resolve: { conditions: ['@warm-agent/source', 'module', 'browser', 'development'] },
    build: {
      write: false,
      minify: false,
      modulePreload: false,
      rolldownOptions: { input: pages, output: { entryFileNames: '[name].js', chunkFileNames: '[name].js' } },
    },
  })) as Rolldown.RolldownOutput
  const files = new Map<string, string>()
  for (const chunk of output) if (chunk.type === 'chunk') files.set(`/${chunk.fileName}`, chunk.code)
  for (const name of Object.keys(pages))
    files.set(`/${name}`, html(`<script type="module" src="/${name}.js"></script>`))
  return files.set('/elsewhere', html(''))
}

function html(body: string) {
  return `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Page under test</title><body>${body}</body></html>`
}
