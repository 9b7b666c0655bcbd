import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** What a page downloads of us: minified and gzipped, React itself not counted. */
export async function measureBytes(): Promise<Record<'client' | 'react', number>> {
  const bytes = async (name: string) => {
    const { outputFiles } = await build({
      entryPoints: [`packages/${name}/src/index.ts`],
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      conditions: ['@warm-agent/source'],
      external: ['react'],
    })
    return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).byteLength
  }
  return { client: await bytes('client'), react: await bytes('react') }
}
