import react from '@vitejs/plugin-react'
import { warmAgentEarly } from '@warm-agent/client/vite'
import { defineConfig } from 'vite'

// biome-ignore lint/style/noDefaultExport: Vite asks for one.
export default defineConfig({ plugins: [react(), warmAgentEarly()] })
