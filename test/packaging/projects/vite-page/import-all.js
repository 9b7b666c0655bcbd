// Imports every entry point, and tells which packages that lacks. It has to end by itself.
const missing = new Set()
for (const entry of process.argv.slice(2)) {
  await import(entry).catch(({ code, message }) => {
    if (code !== 'ERR_MODULE_NOT_FOUND') throw new Error(`Could not import ${entry}: ${message}`)
    missing.add(/'((@[^/']+\/)?[^/']+)/.exec(message)[1])
  })
}
process.stdout.write(JSON.stringify([...missing].sort()))
