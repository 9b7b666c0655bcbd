import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PageCheck } from './auth/page-check.ts'
import { readBody } from './bodies.ts'
import { answerJson } from './data-plane.ts'
import { readHead } from './operation.ts'
import { PlatformError } from './platform-errors.ts'

/** What a route gets: the text of the body. What it returns is answered as JSON; what it throws is answered with 400. */
export type AdminRoute = (body: string) => unknown

export const adminPath = '/_emulator/'

/** Serves what AWS has not: the books, chaos, the identity provider. Without authentication. @param routes by `METHOD path` */
export function createAdmin(checkPage: PageCheck, routes: Readonly<Record<string, AdminRoute>>) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method, path } = readHead(request)
    const key = `${method} ${path.slice(adminPath.length)}`
    try {
      checkPage(request.headers)
      const body = await readBody(request)
      const route = path.startsWith(adminPath) && Object.hasOwn(routes, key) ? routes[key] : undefined
      if (!route) return answerJson(response, 404, { message: `There is no ${method} ${path}. ${listOf(routes)}` })
      answerJson(response, 200, (await route(body.toString())) ?? {})
    } catch (error) {
      if (response.destroyed) return
      const status = error instanceof PlatformError ? error.status : 400
      answerJson(response, status, { message: error instanceof Error ? error.message : String(error) })
    }
  }
}

function listOf(routes: Readonly<Record<string, AdminRoute>>): string {
  const names = Object.keys(routes).map(key => key.replace(' ', ` ${adminPath}`))
  return `There is ${names.join(', ')}.`
}
