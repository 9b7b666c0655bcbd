// Node 20.19 and newer can `require` ES modules: a CommonJS project has the packages too.
const { createWarmProxy } = require('@warm-agent/proxy')

process.stdout.write(typeof createWarmProxy)
