// An Express app of the old school, which `warm-agent init` finds and changes.
const express = require('express')

const app = express()
app.use(express.json())
const server = app.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`))
