// Prints what our packages bring onto a user's machine, as CycloneDX: the packs installed as from a registry, so without our
// own tools, which `npm sbom` cannot leave out here where they are dependencies of a package as well.
import { rm } from 'node:fs/promises'
import { buildPacks } from './build-packs.ts'
import { freshFolder, freshProject } from './fresh-project.ts'
import { run } from './run.ts'

const copy = await freshFolder('packs')
const packs = await buildPacks(copy)
const folder = await freshProject('node-server', packs, { packs: packs.map(({ name }) => name), others: [] })
const materials = JSON.parse(await run(folder, 'npm', 'sbom', '--sbom-format=cyclonedx'))
for (const component of materials.components) {
  // They were installed from files: the places on this machine are nobody's business.
  component.purl = component.purl.replace(/[?#].*/, '')
  component.externalReferences = component.externalReferences?.filter(
    ({ url }: { url: string }) => !url.startsWith('file:'),
  )
}
process.stdout.write(`${JSON.stringify(materials, null, 2)}\n`)
for (const place of [folder, copy]) await rm(place, { recursive: true, force: true })
