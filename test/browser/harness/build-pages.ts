import { fileURLToPath } from 'node:url'
import { build, type Rolldown } from 'vite'

const pages = {
  plain: fileURLToPath(new URL('../pages/plain.ts', import.meta.url)),
  react: fileURLToPath(new URL('../pages/react.tsx', import.meta.url)),
}

/** Has the page that its query names prerendered, and goes there as soon as that has run. */
const forerunner = `<script>
  const url = decodeURIComponent(location.search.slice(1))
  onstorage = () => location.assign(url)
  const rules = document.createElement('script')
  rules.type = 'speculationrules'
  rules.text = JSON.stringify({ prerender: [{ urls: [url], eagerness: 'immediate' }] })
  document.body.append(rules)
</script>`

/** @returns what a server must serve, by path: `/plain`, `/react`, the empty page `/elsewhere`, and `/forerunner`. */
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
  return files.set('/elsewhere', html('')).set('/forerunner', html(forerunner))
}

function html(body: string) {
  return `<!doctype html><html lang="en"><link rel="icon" href="data:,"><title>Page under test</title><body>${body}</body></html>`
}
